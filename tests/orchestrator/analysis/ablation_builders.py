"""Builds runs of ablations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from orchestrator.analysis.runs import Run
from orchestrator.spec.ablation_point import AblationPoint, FieldValue
from tests.orchestrator.analysis.builders import make_run

ROOT = FieldValue("clip", "sqrt_dim", math.sqrt(417))
ONE = FieldValue("clip", "1", 1.0)
HUNDRED = FieldValue("clip", "100", 100.0)
NONE = FieldValue("clip", "none", math.inf)
DENSE = FieldValue("projection", "dense")
FASTFOOD = FieldValue("projection", "fastfood")


def placed(run: Run, *settings: FieldValue, base: bool = False) -> Run:
    """A run at one place for each setting; the base keeps its label."""
    places = tuple(AblationPoint("zip", (setting,), is_base=base) for setting in settings)
    if base:
        return replace(run, places=places)
    label = places[0].label
    trace = replace(run.trace, key=f"{run.trace.key}-{label}")
    return replace(run, method=label, trace=trace, places=places)


def at(
    setting: FieldValue,
    accuracies: Sequence[float],
    *,
    dataset: str = "dots",
    base: bool = False,
) -> list[Run]:
    """Runs at one value of a field, one a seed from 1 on."""
    runs = (
        make_run([(0, 30.0), (1000, value)], dataset=dataset, seed=seed)
        for seed, value in enumerate(accuracies, start=1)
    )
    return [placed(run, setting, base=base) for run in runs]


def clipping(
    accuracies: Mapping[FieldValue, Sequence[float]],
    dataset: str = "dots",
    default: FieldValue = ROOT,
) -> list[Run]:
    """A whole sweep on one dataset."""
    return [
        run
        for setting, values in accuracies.items()
        for run in at(setting, values, dataset=dataset, base=setting == default)
    ]
