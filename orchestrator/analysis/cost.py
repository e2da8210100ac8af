"""What a method cost: queries, images, whole-set evaluations and seconds."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.datasets.registry import dataset_classes
from orchestrator.analysis.runs import Run


@dataclass(frozen=True)
class Cost:
    """What runs cost together.

    Attributes:
        runs: how many.
        queries: queries charged to the method.
        images: images in those queries.
        whole_sets: how often the method saw a whole training set; None if that is unknown.
        observed_images: images the observer saw to measure; never charged.
        seconds: wall seconds of training.
        measuring_seconds: wall seconds of measuring.
        seconds_per_query: mean over runs, measuring left out; None if unknown.
    """

    runs: int
    queries: int
    images: int
    whole_sets: float | None
    observed_images: int
    seconds: float
    measuring_seconds: float
    seconds_per_query: float | None


def cost_of(runs: Iterable[Run]) -> Cost:
    """The sum over runs; what a transferred prompt cost is counted where it was trained."""
    listed = list(runs)
    measuring = [run.trace.timing.get("evaluation", 0.0) for run in listed]
    measured = (run.trace.timing.get("seconds_per_query") for run in listed)
    per_query = [seconds for seconds in measured if seconds is not None]
    return Cost(
        runs=len(listed),
        queries=sum(run.queries for run in listed),
        images=sum(run.images for run in listed),
        whole_sets=whole_sets_of(listed),
        observed_images=sum(
            int(r.trace.ledgers.get("observer", {}).get("images", 0)) for r in listed
        ),
        seconds=sum(run.seconds for run in listed) - sum(measuring),
        measuring_seconds=sum(measuring),
        seconds_per_query=statistics.fmean(per_query) if per_query else None,
    )


def whole_sets_of(runs: Iterable[Run]) -> float | None:
    """Whole-set evaluations of runs together: images charged over training images.

    Returns:
        None where none of the runs trains, or where it is unknown of one.
    """
    total, trained = 0.0, False
    for run in runs:
        if not run.trains:
            continue
        there = training_images(run)
        if not there:
            return None
        total, trained = total + run.images / there, True
    return total if trained else None


def training_images(run: Run) -> int | None:
    """Training images of a run's cell; None if they are unknown.

    Traces of earlier releases don't say. There, they are the shots of each class of a known
    dataset; its classes are those of a full copy.
    """
    told = run.trace.provenance.get("train_images")
    if told is not None:
        return int(told)
    known = dataset_classes().get(run.dataset)
    if known is None or run.trace.provenance.get("own_dataset"):
        return None
    classes = known.card.classes
    return run.shots * (-(-classes // 2) if run.protocol == "base_to_new" else classes)
