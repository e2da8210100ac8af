"""Points on the way on a part of the test images, and the end on all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.interface import Prompts
from methods.zip import Zip, ZipSettings
from orchestrator.oracle.interface import Batch
from orchestrator.store.store import Store
from orchestrator.trial.checkpoint import Checkpoints
from orchestrator.trial.data import TrialData
from orchestrator.trial.trial import Trial
from querycurve.testing.toy_oracle import ToyOracle, toy_batch, toy_problem
from tests.conformance.memory_storage import MemoryStorage
from tests.orchestrator.trial.test_trial import ToyStream, queries_of

WHOLE, PART = 50, 20


class Touching(Zip):
    """Prompts that say of themselves that they change images, and change none."""

    def ask(self) -> Prompts | None:
        asked = super().ask()
        return asked and replace(asked, visual_tokens=torch.zeros(asked.count, 1, 1))

    def best_prompt(self) -> Prompts:
        return replace(super().best_prompt(), visual_tokens=torch.zeros(1, 1, 1))


class EndsEarly(Touching):
    """Asks no more after three steps."""

    def ask(self) -> Prompts | None:
        return None if self.state().values["steps_done"] >= 3 else super().ask()


class Split:
    """A split of the toy problem."""

    oracle, foreign = None, False

    def __init__(self, images: int) -> None:
        self._images = images

    def batches(self, *, pixels: bool) -> Iterator[Batch]:
        yield toy_batch(1001, self._images)


class Service(ToyOracle):
    """One that answers as a service would."""

    waits = True


def data(parts: dict[str, int]) -> TrialData:
    splits = {"test": Split(WHOLE), "new": Split(10), "val": Split(5)}
    made = {name: Split(size) for name, size in parts.items()}
    return TrialData(cast(Any, ToyStream()), cast(Any, splits), cast(Any, made))


def trial(
    budget: int,
    evaluations: int = 4,
    *,
    kind: type[Zip] = Touching,
    oracle: type[ToyOracle] = ToyOracle,
    parts: dict[str, int] | None = None,
    **changes: Any,
) -> Trial:
    method = kind(toy_problem(budget=budget), ZipSettings(pairs=3))
    made = data({"test": PART, "new": 10} if parts is None else parts)
    return Trial(method, oracle(budget), made, evaluations, **changes)


def images(result: Trial, name: str = "test") -> list[tuple[int, float]]:
    """Queries and images of each measurement."""
    return [(p.queries, p.value) for p in result.points if p.metric == f"{name}_images"]


def ran(one: Trial) -> Trial:
    one.run()
    return one


def test_the_end_is_measured_whole_and_all_before_it_on_the_part() -> None:
    result = ran(trial(budget=50))
    assert images(result) == [(0, PART), (18, PART), (30, PART), (42, PART), (48, WHOLE)]
    assert images(result, "new") == [(at, 10) for at, _ in images(result)]
    assert not images(result, "val")
    assert queries_of(result, "val_accuracy") == queries_of(result, "test_accuracy")


def test_numbers_of_images_are_what_the_observer_saw() -> None:
    result = ran(trial(budget=50))
    seen = sum(count for name in ("test", "new") for _, count in images(result, name))
    assert result.ledgers["observer"]["images"] == seen + 5 * 5


def test_what_is_free_is_measured_whole_all_along() -> None:
    result = ran(trial(budget=50, kind=Zip))
    assert {count for _, count in images(result)} == {WHOLE}
    asked = ran(trial(budget=50, kind=Zip, oracle=Service))
    assert [count for _, count in images(asked)] == [PART] * 4 + [WHOLE]


def test_without_parts_nothing_is_counted() -> None:
    result = ran(trial(budget=50, parts={}))
    assert not images(result)
    assert queries_of(result, "test_accuracy") == [0, 18, 30, 42, 48]


def test_a_part_changes_nothing_of_what_is_learnt_or_reached() -> None:
    part, whole = ran(trial(budget=50)), ran(trial(budget=50, parts={}))

    def of(result: Trial, *metrics: str) -> list[Any]:
        return [p for p in result.points if p.metric in metrics]

    assert of(part, "train_loss", "val_accuracy") == of(whole, "train_loss", "val_accuracy")
    assert of(part, "test_accuracy")[-1] == of(whole, "test_accuracy")[-1]


def test_a_method_that_ends_early_is_measured_whole_where_it_ends() -> None:
    """Between two points, and at one of them: 18 of 60 and of 72 queries."""
    assert images(ran(trial(60, kind=EndsEarly))) == [(0, PART), (18, WHOLE)]
    assert images(ran(trial(72, kind=EndsEarly))) == [(0, PART), (18, WHOLE)]


@given(
    budget=st.integers(1, 70),
    evaluations=st.integers(1, 15),
    marks=st.sets(st.integers(1, 70), max_size=4),
    kind=st.sampled_from([Touching, EndsEarly]),
)
@settings(max_examples=40)
def test_the_end_alone_is_whole_and_no_point_is_measured_twice(
    budget: int, evaluations: int, marks: set[int], kind: type[Zip]
) -> None:
    at = tuple(sorted(marks))
    result = ran(trial(budget, evaluations, kind=kind, marks=at))
    usual = ran(trial(budget, evaluations, kind=kind, marks=at, parts={}))
    measured = [at for at, _ in images(result)]
    assert measured == queries_of(usual, "test_accuracy")
    assert len(measured) == len(set(measured))
    *way, (end, count) = images(result)
    assert (end, count) == (result.oracle.method.queries, WHOLE)
    assert {count for _, count in way} <= {PART}


@cache
def undisturbed(evaluations: int, kind: type[Zip]) -> Trial:
    return ran(trial(60, evaluations, kind=kind))


@given(
    stop=st.integers(1, 9),
    evaluations=st.integers(1, 12),
    kind=st.sampled_from([Touching, EndsEarly]),
)
@settings(max_examples=40)
def test_killed_anywhere_and_resumed_measures_the_same(
    stop: int, evaluations: int, kind: type[Zip]
) -> None:
    def kill(queries: int) -> None:
        if queries == 6 * stop:
            raise KeyboardInterrupt

    store = Store(MemoryStorage())
    checkpoints = Checkpoints(store, "cell", interval=0)
    first = trial(60, evaluations, kind=kind, checkpoints=checkpoints, on_progress=kill)
    with suppress(KeyboardInterrupt):  # one that ends early isn't killed
        first.run()
    resumed, snapshot = trial(60, evaluations, kind=kind), Checkpoints(store, "cell").latest()
    if snapshot is not None:
        resumed.resume(snapshot)
    assert ran(resumed).points == undisturbed(evaluations, kind).points
    assert resumed.ledgers == undisturbed(evaluations, kind).ledgers


@pytest.mark.parametrize("step", range(9))
def test_it_goes_on_from_between_any_two_steps(step: int) -> None:
    """As from a checkpoint that was written when the last point had just been measured."""
    first = trial(48, evaluations=8)
    for _ in range(step):
        first.run_to_measurement()
    second = trial(48, evaluations=8)
    second.resume(first.snapshot())
    assert ran(second).points == ran(trial(48, evaluations=8)).points
