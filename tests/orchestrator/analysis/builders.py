"""Builds runs for the analysis tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from methods.interface import Access, Input
from orchestrator.analysis.runs import Run
from orchestrator.store.trace import Point, Trace


def make_run(
    accuracies: Sequence[tuple[int, float]],
    *,
    dataset: str = "dots",
    method: str = "zip",
    seed: int = 1,
    shots: int = 16,
    budget: int | None = None,
    new_accuracy: float | None = None,
) -> Run:
    """A run with test accuracy measured at some queries, and once at the end on new classes."""
    spent = accuracies[-1][0] if budget is None and accuracies else budget or 0
    trace = Trace(
        key=f"{dataset}-{method}-{shots}-{seed}",
        cell={
            "protocol": "few_shot",
            "dataset": dataset,
            "method": {"name": method, "settings": {"rank": 5} if method == "zip" else {}},
        },
        status="finished",
        points=(
            *(Point(q, 128 * q, "test_accuracy", value) for q, value in accuracies),
            *(() if new_accuracy is None else (Point(spent, 0, "new_accuracy", new_accuracy),)),
        ),
        ledgers={"method": {"queries": spent, "images": 128 * spent}},
        timing={"total": 2.0},
    )
    return Run(dataset, method, shots, seed, trace)


def in_parts(run: Run, *counts: int) -> Run:
    """The same run, had it been measured on so many test images."""
    queries, _ = run.trace.series("test_accuracy")
    points = (Point(q, 0, "test_images", n) for q, n in zip(queries, counts, strict=True))
    cell = {**run.trace.cell, "evaluation": {"points": len(counts), "images": counts[0]}}
    return replace(run, trace=replace(run.trace, cell=cell, points=(*run.trace.points, *points)))


def zero_shot_run(value: float, dataset: str = "dots") -> Run:
    """A run of a method that doesn't train."""
    return make_run([(0, value)], dataset=dataset, method="zero_shot", seed=0, shots=0)


def needing(run: Run, *inputs: Input, readout: bool = False, transductive: bool = False) -> Run:
    """The same run, had its method declared this access: other methods than those there are."""
    made = replace(run)
    vars(made)["access"] = Access(frozenset(inputs), readout, transductive)  # as if looked up
    return made


def seeing(run: Run, **answers: object) -> Run:
    """The same run, had its method seen so much of the black box's scores."""
    cell = {**run.trace.cell, "answers": answers}
    return replace(run, trace=replace(run.trace, cell=cell))


def deployed(run: Run, queries: int, *, readout: bool = False) -> Run:
    """The same run, as a trace that says how its prompt is deployed."""
    known = {"deployment": {"queries_per_image": queries, "readout": readout}}
    provenance = {**run.trace.provenance, **known}
    return replace(run, trace=replace(run.trace, provenance=provenance))


def moved(run: Run, source: str = "imagenet", protocol: str = "cross_dataset") -> Run:
    """The same run, had its prompt come from elsewhere."""
    more = {"source": {"dataset": source, "key": "ab"}, "protocol": protocol}
    return replace(run, trace=replace(run.trace, cell={**run.trace.cell, **more}))


def moved_run(dataset: str, accuracy: float, seed: int, source: str = "imagenet") -> Run:
    """A prompt of another dataset, measured here once."""
    return moved(make_run([(0, accuracy)], dataset=dataset, seed=seed), source)


def observed(run: Run, queries: int, images: int) -> Run:
    """The same run, as a trace that says what was measured."""
    return _with_ledgers(run, observer={"queries": queries, "images": images})


def served(
    run: Run, *, training: dict[str, float] | None = None, measuring: dict[str, float] | None = None
) -> Run:
    """The same run on a service, with what that has charged."""
    return _with_ledgers(run, service_training=training or {}, service_measuring=measuring or {})


def _with_ledgers(run: Run, **ledgers: dict[str, float]) -> Run:
    known = {name: dict(ledger) for name, ledger in run.trace.ledgers.items()}
    return replace(run, trace=replace(run.trace, ledgers={**known, **ledgers}))
