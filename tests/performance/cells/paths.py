"""What a path of pixels costs for an image without any model, in all threads together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

from orchestrator.pixels.levels import Levels
from orchestrator.plan.plan import PlannedCell
from orchestrator.trial.data import EvaluationSplit, TrialData
from orchestrator.trial.train_stream import TrainStream
from tests.performance.cells.clock import cpu_until_still
from tests.performance.cells.side import Side

_EPOCHS = 3


@dataclass(frozen=True)
class PathCost:
    """CPU seconds for an image.

    Attributes:
        first: the first time that a machine needs it.
        again: every other time.
    """

    first: float
    again: float


@dataclass(frozen=True)
class PathCosts:
    """What both kinds of images cost.

    Attributes:
        training: an augmented training image.
        test: a test image.
    """

    training: PathCost
    test: PathCost


def path_costs(side: Side, planned: PlannedCell) -> PathCosts:
    """What images cost on a side whose packs are empty; `planned` is a cell that trains.

    Raises:
        ValueError: it trains nothing.
    """
    factory, cell, table = side.factory, planned.cell, side.table(planned)
    task = factory.task(cell)
    box = factory.open(cell, task, planned.key)

    def data() -> TrialData:
        return factory.data(cell, task, box, table)

    return PathCosts(_training(data), _test(data().evaluation["test"]))


@contextmanager
def sending_bytes(side: Side) -> Iterator[None]:
    """Meanwhile a side gives images as bytes, as it does to a GPU, which then normalises them."""
    feed = side.factory.box.feed
    usual = feed.sends
    feed.sends = True
    try:
        with patch.object(Levels, "of", lambda _, pixels: pixels):
            yield
    finally:
        feed.sends = usual


def _training(data: Callable[[], TrialData]) -> PathCost:
    def epochs(count: int) -> float:
        """Seconds of some epochs, with those of the steps that are prepared in vain."""
        return cpu_until_still(partial(_run, _stream(data()), count))

    empty, full, longer = epochs(1), epochs(1), epochs(_EPOCHS)
    stream = _stream(data())
    images = stream.batches_per_epoch * min(stream.batch_size, stream.examples)
    again = (longer - full) / ((_EPOCHS - 1) * images)
    return PathCost(again + (empty - full) / images, again)


def _test(split: EvaluationSplit) -> PathCost:
    images = len(split.split.items)
    first = cpu_until_still(partial(_measure, split, 1)) / images
    again = cpu_until_still(partial(_measure, split, _EPOCHS)) / images
    return PathCost(first, again / _EPOCHS)


def _stream(data: TrialData) -> TrainStream:
    if data.train is None:
        raise ValueError("only a cell that trains shows what training images cost")
    return data.train


def _run(stream: TrainStream, epochs: int) -> None:
    for step in range(epochs * stream.batches_per_epoch):
        stream.batch(step, pixels=True)


def _measure(split: EvaluationSplit, times: int) -> None:
    for _ in range(times):
        for _ in split.batches(pixels=True):
            pass
