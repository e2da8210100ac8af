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
LOGITS = FieldValue("answers", "logits", tuned=False)
TOP = FieldValue("answers", "top 5, 2 digits", tuned=False)
LABEL = FieldValue("answers", "label", tuned=False)
DENSE = FieldValue("projection", "dense")
FASTFOOD = FieldValue("projection", "fastfood")


def placed(run: Run, *field_values: FieldValue, base: bool = False) -> Run:
    """A run at one ablation point per value; the base keeps its label, which is its method's."""
    points = tuple(AblationPoint(run.method, (value,), is_base=base) for value in field_values)
    if base:
        return replace(run, ablation_points=points)
    label = points[0].label
    trace = replace(run.trace, key=f"{run.trace.key}-{label}")
    return replace(run, method=label, trace=trace, ablation_points=points)


def at(
    value: FieldValue,
    accuracies: Sequence[float],
    *,
    dataset: str = "dots",
    base: bool = False,
    method: str = "zip",
) -> list[Run]:
    """Runs at one value of a field, one per seed from 1 on."""
    runs = (
        make_run([(0, 30.0), (1000, accuracy)], dataset=dataset, seed=seed, method=method)
        for seed, accuracy in enumerate(accuracies, start=1)
    )
    return [placed(run, value, base=base) for run in runs]


def clipping(
    accuracies: Mapping[FieldValue, Sequence[float]],
    dataset: str = "dots",
    default: FieldValue = ROOT,
) -> list[Run]:
    """A whole sweep on one dataset."""
    return [
        run
        for value, found in accuracies.items()
        for run in at(value, found, dataset=dataset, base=value == default)
    ]


def restricted(
    levels: Mapping[str, Mapping[FieldValue, float]], datasets: Sequence[str] = ("dots", "letters")
) -> list[Run]:
    """Sweeps of answers of several bases, logits being their own, with two seeds each."""
    return [
        run
        for method, values in levels.items()
        for value, level in values.items()
        for dataset in datasets
        for run in at(
            value, (level, level + 2), dataset=dataset, base=value == LOGITS, method=method
        )
    ]
