"""Protocols say which images train and test; digests name exactly that."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.interface import Item
from benchmarks.protocols import (
    Task,
    UnknownProtocol,
    evaluation_task,
    few_shot,
    protocol_named,
    split_digest,
)
from tests.benchmarks.toy_dataset import ToyDataset

TASK = few_shot(ToyDataset(), 2, 1, "refuse")
ALL = ("train", "val", "test")


def test_few_shot_tests_on_the_whole_test_split() -> None:
    assert len(TASK.train) == 6
    assert list(TASK.test) == list(ToyDataset().items("test"))
    assert not set(TASK.train) & set(TASK.test)


def test_short_classes_are_named() -> None:
    task = few_shot(ToyDataset((9, 1, 9)), 2, 1, "take_all")
    assert task.short_classes == ("green",)


def test_an_evaluation_task_has_nothing_to_train_on() -> None:
    task = evaluation_task(ToyDataset())
    assert task.train == task.val == ()
    assert split_digest(task, ("test",)) == split_digest(TASK, ("test",))


def test_unknown_protocols_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownProtocol, match="Did you mean: few_shot"):
        protocol_named("fewshot")


def test_the_digest_is_stable() -> None:
    assert split_digest(TASK, ALL) == split_digest(few_shot(ToyDataset(), 2, 1, "refuse"), ALL)


@given(seed=st.integers(2, 500))
def test_other_draws_have_other_digests(seed: int) -> None:
    other = few_shot(ToyDataset(), 2, seed, "refuse")
    same = other.train == TASK.train and other.val == TASK.val
    assert (split_digest(other, ALL) == split_digest(TASK, ALL)) == same


@pytest.mark.parametrize(
    "changed",
    [
        replace(TASK, class_names=("red", "green", "cyan")),
        replace(TASK, train=TASK.train[::-1]),
        replace(TASK, val=TASK.val[1:]),
        replace(TASK, test=(Item("other", 0), *TASK.test[1:])),
        replace(TASK, test=(replace(TASK.test[0], label=1), *TASK.test[1:])),
    ],
)
def test_any_change_changes_the_digest(changed: Task) -> None:
    assert split_digest(changed, ALL) != split_digest(TASK, ALL)
