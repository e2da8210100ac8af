"""A comparison of far more methods than datasets, with every kind of access."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from methods.interface import Input
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Run
from orchestrator.spec.spec import ReportSpec
from tests.orchestrator.analysis.builders import make_run, needing, zero_shot_run

NAMES = ("dots", "letters", "negatives", "outlines", "realdigits", "silhouettes", "textures")
SETS = tuple(f"made_{name}" for name in NAMES)
AT = (100, 250, 500, 1000, 2000)
SEEDS = (1, 2, 3)

STRINGS: tuple[Input, ...] = ("text",)
PIXELS: tuple[Input, ...] = ("pixels",)
SOFT: tuple[Input, ...] = ("soft context",)
BOTH: tuple[Input, ...] = ("soft context", "visual tokens")
DEEP: tuple[Input, ...] = ("visual tokens", "inner layers")

METHODS: dict[str, tuple[tuple[Input, ...], bool, float, float]] = {
    "words": (STRINGS, False, 6, 300),
    "words@proposals": (STRINGS, False, 7, 200),
    "early": (STRINGS, True, 30, 1),
    "early@features": (STRINGS, True, 26, 1),
    "frame": (PIXELS, False, 2, 900),
    "tinted": (PIXELS, False, 1, 800),
    "tinted@one-sided": (PIXELS, False, 4, 700),
    **{
        f"soft-{name}": (SOFT, False, 5.0 + 2 * place, 1200 / (1 + place))
        for place, name in enumerate(
            ("spsa", "clipped", "random", "shared", "sparse", "sparse@random-directions",
             "sparse@first", "evolved", "evolved@crafted", "one-plus-one", "gauss"),
        )
    },
    "evolved@readout": (SOFT, True, 24, 400),
    "gauss@readout": (SOFT, True, 31, 80),
    "tandem": (BOTH, False, 9, 600),
    "tandem@ported": (BOTH, False, 6, 700),
    "layers": (DEEP, False, 14, 500),
    "layers@input": (DEEP, False, 9, 600),
}  # fmt: skip
"""Access, whether with a readout, points gained in the end, and queries to most of that."""


def field(datasets: tuple[str, ...] = SETS, **changes: Any) -> Comparison:
    """Two methods without training and 22 with, on all sets."""
    settings: dict[str, Any] = {
        "question": ReportSpec(target_gain=5),
        "measured_at": AT,
        "spec_yaml": "name: field\n",
        **changes,
    }
    return Comparison("field", tuple(field_runs(datasets)), **settings)


def field_runs(datasets: tuple[str, ...] = SETS) -> Iterator[Run]:
    """Runs whose methods that are trained quickly stop after 2 queries."""
    for place, dataset in enumerate(datasets):
        start = 34.0 + 4 * place
        yield zero_shot_run(start, dataset)
        averaged = make_run([(0, start + 2)], dataset=dataset, method="zero_shot@many", seed=0,
                            shots=0)  # fmt: skip
        yield needing(averaged, "text")
        for number, (label, (inputs, readout, gain, slow)) in enumerate(METHODS.items()):
            steps = (2,) if slow == 1 else AT
            for seed in SEEDS:
                noise = math.sin(7 * number + 3 * place + seed)
                curve = [
                    (q, start - 6 + (gain + 6 + 2 * noise) * (1 - math.exp(-2 * q / slow)))
                    for q in (0, *steps)
                ]
                run = make_run(curve, dataset=dataset, method=label, seed=seed, budget=steps[-1])
                cell = {**run.trace.cell, "budget": AT[-1]}
                run = replace(run, trace=replace(run.trace, cell=cell))
                yield needing(run, *inputs, readout=readout)
