"""The loop: budget, evaluation points, checkpoints, and resuming as if nothing had happened."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from methods.interface import Prompts
from methods.zero_shot import ZeroShot, ZeroShotSettings
from methods.zip import Zip, ZipSettings
from orchestrator.oracle.interface import Batch
from orchestrator.store.store import Store
from orchestrator.trial.checkpoint import Checkpoints, Snapshot, UnusableCheckpoint
from orchestrator.trial.data import TrialData
from orchestrator.trial.not_finite import TrialError
from orchestrator.trial.trial import Trial
from querycurve.testing.toy_oracle import ToyOracle, toy_batch, toy_problem
from tests.conformance.memory_storage import MemoryStorage


class ToyStream:
    """Mini-batches of the toy problem."""

    def batch(self, step: int, *, pixels: bool) -> Batch:
        return toy_batch(step)


class ToySplit:
    """A split of the toy problem, in two batches."""

    oracle = None
    foreign = False

    def batches(self, *, pixels: bool) -> Iterator[Batch]:
        yield toy_batch(1001, 30)
        yield toy_batch(1002, 20)


def toy_data() -> TrialData:
    split = cast(Any, ToySplit())
    return TrialData(cast(Any, ToyStream()), {"test": split, "val": split})


def zip_trial(budget: int, evaluations: int = 4, **changes: Any) -> Trial:
    method = Zip(toy_problem(budget=budget), ZipSettings(pairs=3))
    return Trial(method, ToyOracle(budget), toy_data(), evaluations, **changes)


def ran(trial: Trial) -> Trial:
    trial.run()
    return trial


def queries_of(result: Trial, metric: str) -> list[int]:
    return [p.queries for p in result.points if p.metric == metric]


def test_spends_what_whole_steps_allow_and_not_one_query_more() -> None:
    result = ran(zip_trial(budget=50))
    assert result.ledgers["method"] == {"queries": 48, "images": 48 * 5}
    assert queries_of(result, "train_loss") == list(range(6, 49, 6))


def test_measures_at_the_start_then_evenly_then_at_the_end() -> None:
    result = ran(zip_trial(budget=50, evaluations=4))
    assert queries_of(result, "test_accuracy") == [0, 18, 30, 42, 48]
    assert queries_of(result, "val_accuracy") == [0, 18, 30, 42, 48]


def test_measures_where_it_is_told_to_and_at_the_end() -> None:
    result = ran(zip_trial(budget=50, marks=(5, 12, 40)))
    assert queries_of(result, "test_accuracy") == [0, 12, 36, 48]


def test_two_numbers_within_one_step_are_measured_once() -> None:
    result = ran(zip_trial(budget=50, marks=(1, 2, 3, 48, 50)))
    assert queries_of(result, "test_accuracy") == [0, 48]


def test_measuring_is_charged_to_the_observer_alone() -> None:
    result = ran(zip_trial(budget=50, evaluations=4))
    assert result.ledgers["observer"] == {"queries": 5 * 2 * 2, "images": 5 * 2 * 50}


def test_more_evaluations_change_nothing_for_the_method() -> None:
    few, many = ran(zip_trial(60, evaluations=1)), ran(zip_trial(60, evaluations=30))

    def losses(result: Trial) -> list[float]:
        return [p.value for p in result.points if p.metric == "train_loss"]

    assert losses(few) == losses(many)


def test_what_is_transferred_is_measured_where_nothing_was_trained() -> None:
    class Transferring(Zip):
        """Deploys a context of zeros elsewhere."""

        def transferred_prompt(self) -> Prompts:
            context = super().transferred_prompt().context
            assert context is not None
            return Prompts(context=torch.zeros_like(context))

    class Foreign(ToySplit):
        foreign = True

    data = toy_data()
    data.evaluation["new"] = cast(Any, Foreign())
    kinds = (Zip, Transferring)
    plain, other = (
        ran(Trial(kind(toy_problem(budget=60), ZipSettings()), ToyOracle(60), data, 2))
        for kind in kinds
    )

    def losses(result: Trial, name: str) -> list[float]:
        return [p.value for p in result.points if p.metric == f"{name}_loss"]

    assert losses(plain, "test") == losses(plain, "new") == losses(other, "test")
    assert len(set(losses(other, "new"))) == 1, "zeros all along"
    assert len(set(losses(other, "test"))) == len(losses(other, "new")) == 3


def test_a_method_that_never_asks_is_measured_once() -> None:
    method = ZeroShot(toy_problem(), ZeroShotSettings())
    result = ran(Trial(method, ToyOracle(0), toy_data(), evaluations=20))
    assert queries_of(result, "test_accuracy") == [0]
    assert result.ledgers["method"] == {"queries": 0, "images": 0}


def test_progress_is_told_after_every_step() -> None:
    seen: list[int] = []
    zip_trial(budget=20, on_progress=seen.append).run()
    assert seen == [6, 12, 18]


@cache
def uninterrupted(evaluations: int) -> Trial:
    """A trial that has run to its end."""
    return ran(zip_trial(60, evaluations))


@given(stop_after=st.integers(1, 9), evaluations=st.integers(1, 12))
def test_killed_and_resumed_equals_uninterrupted(stop_after: int, evaluations: int) -> None:
    whole = uninterrupted(evaluations)
    store = Store(MemoryStorage())
    checkpoints = Checkpoints(store, "cell", interval=0.0)
    interrupted = zip_trial(60, evaluations, checkpoints=checkpoints)
    interrupted.on_progress = _stop_after(stop_after)
    with pytest.raises(KeyboardInterrupt):
        interrupted.run()
    resumed = zip_trial(60, evaluations)
    snapshot = Checkpoints(store, "cell").latest()
    assert (snapshot.step if snapshot else 0) == stop_after - 1, "it was killed before its save"
    if snapshot is not None:
        resumed.resume(snapshot)
    result = ran(resumed)
    assert result.points == whole.points
    assert result.ledgers == whole.ledgers


def _stop_after(steps: int) -> Any:
    calls = iter(range(1, steps + 1))

    def stop(_: int) -> None:
        if next(calls, steps) == steps:
            raise KeyboardInterrupt

    return stop


def test_scores_that_are_not_finite_end_the_trial_with_a_reason() -> None:
    class Broken(ToyOracle):
        def query(self, prompts: Prompts, batch: Batch) -> Tensor:
            return super().query(prompts, batch) * torch.nan

    trial = zip_trial(60)
    trial.oracle = Broken(60)
    with pytest.raises(TrialError, match="not finite at query 6"):
        trial.run()


def test_a_damaged_checkpoint_is_said_to_be_unusable() -> None:
    data = zip_trial(20).snapshot().to_bytes()
    for damaged in (b"", data[: len(data) // 2], b"x" * len(data)):
        with pytest.raises(UnusableCheckpoint):
            Snapshot.from_bytes(damaged)


def test_checkpoints_keep_their_interval() -> None:
    store = Store(MemoryStorage())
    zip_trial(60, checkpoints=Checkpoints(store, "cell", interval=3600)).run()
    assert store.storage.names("checkpoints") == ()
