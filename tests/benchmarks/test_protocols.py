"""Protocols say which images train and test; digests name exactly that."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.interface import DatasetError, Item
from benchmarks.datasets.views import DatasetView, SteadyView
from benchmarks.protocols import (
    PROTOCOLS,
    SplitTexts,
    Task,
    UnknownProtocol,
    base_to_new,
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


def test_a_class_whose_drawn_images_are_unreadable_is_refused_or_trained_without() -> None:
    red = [item.reference for item in TASK.train if item.label == 0]
    view = DatasetView(ToyDataset(), red)
    with pytest.raises(DatasetError, match=r"none of the training images .* of 'red' can be read"):
        few_shot(view, 2, 1, "refuse")
    assert {item.label for item in few_shot(view, 2, 1, "take_all").train} == {1, 2}
    nothing = DatasetView(ToyDataset(), [item.reference for item in TASK.train])
    with pytest.raises(DatasetError, match="of 'red', 'green', 'blue' can be read"):
        few_shot(nothing, 2, 1, "take_all")


def test_an_evaluation_task_has_nothing_to_train_on() -> None:
    task = evaluation_task(ToyDataset())
    assert task.train == task.val == ()
    assert split_digest(task, ("test",)) == split_digest(TASK, ("test",))


def test_unknown_protocols_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownProtocol, match="Did you mean: few_shot"):
        protocol_named("fewshot")
    with pytest.raises(UnknownProtocol, match="Did you mean: base_to_new"):
        protocol_named("base_new")


def test_the_digest_is_stable() -> None:
    assert split_digest(TASK, ALL) == split_digest(few_shot(ToyDataset(), 2, 1, "refuse"), ALL)


def test_kept_texts_change_no_digest() -> None:
    texts = SplitTexts()
    views = [SteadyView(ToyDataset()), SteadyView(ToyDataset((9, 8, 9)))]
    for shots, view, protocol in product((0, 1, 2), views, PROTOCOLS.values()):
        task = protocol.task(view, shots, 1, "refuse")
        for splits in (ALL, ("test",)):
            assert split_digest(task, splits, texts) == split_digest(task, splits)


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


@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=9),
    shots=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_base_and_new_share_out_classes_and_images(sizes: list[int], shots: int, seed: int) -> None:
    whole = few_shot(Classes(sizes), shots, seed, "take_all")
    base = base_to_new(whole)
    assert base.new is not None
    assert (*base.class_names, *base.new.class_names) == whole.class_names
    assert 0 <= len(base.class_names) - len(base.new.class_names) <= 1, "the odd one is base"
    for split in ("train", "val", "test"):
        below = [i for i in whole.items(split) if i.label < len(base.class_names)]
        assert list(base.items(split)) == below, "drawn as in few_shot, in the same order"
    shown = {item.reference for item in (*base.test, *base.new.test)}
    assert shown == {item.reference for item in whole.test}
    assert base.new.train == base.new.val == ()


@given(sizes=st.lists(st.integers(1, 3), min_size=2, max_size=9))
def test_labels_name_the_same_class_before_and_after(sizes: list[int]) -> None:
    whole = evaluation_task(Classes(sizes))
    base = base_to_new(whole)
    assert base.new is not None
    names = {item.reference: whole.class_names[item.label] for item in whole.test}
    for task in (base, base.new):
        assert {item.label for item in task.test} == set(range(len(task.class_names)))
        assert all(task.class_names[i.label] == names[i.reference] for i in task.test)


def test_one_class_can_not_be_shared_out() -> None:
    with pytest.raises(DatasetError, match="at least 2 classes, got 1"):
        base_to_new(evaluation_task(ToyDataset((4,))))


def test_the_digest_tells_base_to_new_from_few_shot_and_one_new_set_from_another() -> None:
    base = base_to_new(TASK)
    assert base.new is not None
    other = replace(base, new=replace(base.new, class_names=("cyan",)))
    assert len({split_digest(task, ALL) for task in (TASK, base, other)}) == 3


def test_without_shots_every_protocol_only_tests() -> None:
    for protocol in PROTOCOLS.values():
        task = protocol.task(ToyDataset(), 0, 1, "refuse")
        assert task.train == task.val == ()
        assert task.test


def test_only_classes_of_the_source_are_out_of_distribution() -> None:
    source, subset, other = ToyDataset(), Classes([1, 1]), Classes([1] * 4)
    protocol_named("cross_dataset").check_target(source, other)
    with pytest.raises(DatasetError, match="which lacks 4 of 4, such as 'class 0'"):
        protocol_named("out_of_distribution").check_target(source, other)
    protocol_named("out_of_distribution").check_target(other, subset)
    protocol_named("out_of_distribution").check_target(subset, other)  # two of four


class Classes(ToyDataset):
    """Any number of classes."""

    def class_names(self) -> tuple[str, ...]:
        return tuple(f"class {label}" for label in range(len(self._sizes["train"])))
