"""Comparisons of every kind that a report must stand."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

from methods.interface import Input
from orchestrator.analysis.report.blocks import Section
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.page import render
from orchestrator.analysis.report.sections import sections_of
from orchestrator.analysis.runs import Run
from orchestrator.money import Prices
from orchestrator.spec.ablation_point import AblationPoint
from orchestrator.spec.spec import ReportSpec
from orchestrator.store.trace import Point
from tests.orchestrator.analysis.ablation_builders import (
    DENSE,
    FASTFOOD,
    HUNDRED,
    LABEL,
    LOGITS,
    NONE,
    ONE,
    ROOT,
    TOP,
    at,
    clipping,
    restricted,
)
from tests.orchestrator.analysis.builders import (
    deployed,
    make_run,
    moved_run,
    needing,
    seeing,
    zero_shot_run,
)
from tests.orchestrator.analysis.report.field import field

DATASETS = ("dots", "letters", "outlines", "silhouettes", "textures", "digits", "scenes")
GAINS = {"zip": 14.0, "bar": 3.0, "bptvlm": 8.0}
QUESTION = ReportSpec(target_gain=5)
PRICES = Prices(per_call=0.002)
IN_PROJECTION = AblationPoint("zip", (FASTFOOD,), is_base=True)
ERROR = "Traceback (most recent call last):\nTrialError: the scores are <not> finite"


def grid(
    datasets: tuple[str, ...] = DATASETS,
    seeds: tuple[int, ...] = (1, 2, 3),
    shots: tuple[int, ...] = (16,),
    **options: Any,
) -> list[Run]:
    """Zero-shot and three methods that differ, on datasets that differ."""
    runs = [zero_shot_run(40 + 3 * place, name) for place, name in enumerate(datasets)]
    for place, name in enumerate(datasets):
        for (method, gain), seed, count in (
            (pair, seed, count) for pair in GAINS.items() for seed in seeds for count in shots
        ):
            start, end = 36 + 3 * place, 40 + 3 * place + gain + 0.4 * seed + count / 16
            curve = [(q, end - (end - start) * math.exp(-q / 150)) for q in range(0, 1001, 100)]
            runs.append(
                make_run(curve, dataset=name, method=method, seed=seed, shots=count, **options)
            )
    return runs


def failed(run: Run) -> Run:
    """The same cell, had it failed."""
    broken = replace(run.trace, status="failed", points=(), ledgers={}, timing={}, error=ERROR)
    return replace(run, trace=broken)


def with_number(run: Run, metric: str, value: float) -> Run:
    """The same run with one more measurement."""
    points = (*run.trace.points, Point(1000, 0, metric, value))
    return replace(run, trace=replace(run.trace, points=points))


def comparison(runs: list[Run], **changes: Any) -> Comparison:
    """A comparison that asks everything."""
    asked: dict[str, Any] = {"question": QUESTION, "prices": PRICES, "spec_yaml": "name: demo\n"}
    settings = asked | changes
    return Comparison("demo", tuple(runs), **settings)


def ablation(datasets: tuple[str, ...], seeds: int = 3) -> list[Run]:
    """A clipping sweep with the default in the middle, and a projection that is worse."""
    levels = {ONE: 41.0, ROOT: 48.0, HUNDRED: 49.0, NONE: 44.0}
    runs = []
    for name in datasets:
        curves = {value: [level + seed for seed in range(seeds)] for value, level in levels.items()}
        runs += clipping(curves, name)
        runs += at(DENSE, [43.0 + seed for seed in range(seeds)], dataset=name)
    base = [
        replace(run, ablation_points=(*run.ablation_points, IN_PROJECTION))
        for run in runs
        if not run.ablated
    ]
    return base + [run for run in runs if run.ablated]


def with_ablation(runs: list[Run], ablated: list[Run]) -> Comparison:
    """A comparison whose ablation's base is one of the methods."""
    base = [run for run in ablated if not run.ablated]
    apart = tuple(run for run in ablated if run.ablated)
    return comparison([*runs, *base], ablated=apart)


def of_all_accesses() -> list[Run]:
    """The grid, with a readout, an ensemble, two methods of inner layers, and one of test images.

    The methods of inner layers are the best.
    """
    runs = grid()
    trained = [run for run in runs if run.method == "zip"]
    deep: tuple[Input, ...] = ("visual tokens", "inner layers")
    return [
        *(deployed(run, 8) if run.method == "zero_shot" else run for run in runs),
        *(needing(deployed(better(r, "probe", 1), 1), readout=True) for r in trained),
        *(needing(better(r, "watcher", -1), "text", transductive=True) for r in trained),
        *(needing(better(r, "deep", 4), *deep) for r in trained),
        *(needing(better(r, "deeper", 5), *deep) for r in trained),
    ]


def better(run: Run, method: str, points: float) -> Run:
    """A run of another method, so many points better."""
    cell = {**run.trace.cell, "method": {"name": method, "settings": {}}}
    moved_points = tuple(point._replace(value=point.value + points) for point in run.trace.points)
    key = run.trace.key.replace("zip", method)
    trace = replace(run.trace, key=key, cell=cell, points=moved_points)
    return replace(run, method=method, trace=trace)


CASES: dict[str, Comparison] = {
    "whole": comparison(grid()),
    "several shots": comparison(grid(("dots", "letters"), shots=(4, 16))),
    "one seed": comparison(grid(("dots", "letters"), seeds=(1,))),
    "one dataset": comparison(grid(("dots",))),
    "incomplete": comparison(grid()[:-7], missing=("scenes / zip / 16 shots / seed 3",)),
    "no zero-shot": comparison([run for run in grid() if run.shots]),
    "only zero-shot": comparison([zero_shot_run(40)]),
    "no target": comparison(grid(), question=ReportSpec(), prices=None),
    "some failed": comparison(grid(), failures=(failed(grid()[-1]),)),
    "all failed": comparison([], failures=tuple(map(failed, grid(("dots",))))),
    "nan losses": comparison([with_number(run, "test_loss", math.nan) for run in grid(("dots",))]),
    "nan accuracies": comparison(
        [], unsound=tuple(with_number(run, "test_accuracy", math.inf) for run in grid(("dots",)))
    ),
    "transfer": comparison(
        [
            *grid(("imagenet",), seeds=(1, 2)),
            *(zero_shot_run(30, name) for name in ("dots", "letters")),
            *(moved_run(name, 40 + seed, seed) for name in ("dots", "letters") for seed in (1, 2)),
        ]
    ),
    "ablation": with_ablation(
        [zero_shot_run(40), zero_shot_run(44, "letters")], ablation(("dots", "letters"))
    ),
    "ablation, one seed": with_ablation([], ablation(("dots",), seeds=1)),
    "ablation of several bases": with_ablation(
        [zero_shot_run(40), zero_shot_run(44, "letters")],
        restricted(
            {"zip": {LOGITS: 50, TOP: 48, LABEL: 41}, "probe": {LOGITS: 70, TOP: 65, LABEL: 52}}
        ),
    ),
    "answers": comparison(
        [
            seeing(run, kind="top", top=5) if run.method == "zip" else run
            for run in grid(("dots", "letters"))
        ]
    ),
    "accesses": comparison(of_all_accesses()),
    "field": field(),
    "base to new": comparison(grid(("dots", "letters"), new_accuracy=35.0)),
}


@cache
def sections(case: str) -> tuple[Section, ...]:
    """What a case's report is made of; made once, for all tests that read it."""
    return sections_of(CASES[case])


@cache
def page(case: str) -> str:
    """A case's page, likewise."""
    return render(CASES[case], sections(case))
