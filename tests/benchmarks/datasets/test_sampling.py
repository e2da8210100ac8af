"""Few-shot draws equal CoOp's, worked out by hand with Python's generator."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.interface import DatasetError, Item
from benchmarks.datasets.sampling import few_shot_split
from tests.benchmarks.toy_dataset import ToyDataset


def test_equals_one_sample_a_label_train_before_val_from_one_generator() -> None:
    dataset = ToyDataset((5, 6, 7), val=5)
    split = few_shot_split(dataset, shots=2, seed=3)
    generator = random.Random(3)
    train, val = dataset.items("train"), dataset.items("val")
    expected_train = [
        item
        for label in range(3)
        for item in generator.sample([i for i in train if i.label == label], 2)
    ]
    expected_val = [
        item
        for label in range(3)
        for item in generator.sample([i for i in val if i.label == label], 2)
    ]
    assert list(split.train) == expected_train
    assert list(split.val) == expected_val


def test_labels_come_in_order_of_first_appearance() -> None:
    class Shuffled(ToyDataset):
        def items(self, split: object) -> list[Item]:
            return [Item("a", 2), Item("b", 0), Item("c", 2), Item("d", 0), Item("e", 1)]

    split = few_shot_split(Shuffled(), shots=1, seed=1)
    assert [item.label for item in split.train] == [2, 0, 1]


def test_at_most_four_validation_images_a_class() -> None:
    split = few_shot_split(ToyDataset((20, 20, 20), val=9), shots=16, seed=1)
    assert len(split.val) == 12
    assert len(split.train) == 48


def test_a_class_with_too_few_images_is_refused_by_name() -> None:
    with pytest.raises(DatasetError, match=r"5 shots.*class 'green' has only 3.*take_all"):
        few_shot_split(ToyDataset((9, 3, 9)), shots=5, seed=1)


def test_or_gives_all_it_has_in_order() -> None:
    split = few_shot_split(ToyDataset((9, 3, 9)), shots=5, seed=1, short_classes="take_all")
    green = [item.reference for item in split.train if item.label == 1]
    assert green == ["train/1/0", "train/1/1", "train/1/2"]
    assert split.short == (1,)


def test_a_class_without_images_is_refused_or_trained_without_and_changes_no_other_draw() -> None:
    with pytest.raises(
        DatasetError, match=r"no training images are of the class 'green'.*take_all"
    ):
        few_shot_split(ToyDataset((5, 0, 5)), shots=2, seed=1)
    split = few_shot_split(ToyDataset((5, 0, 5)), shots=2, seed=1, short_classes="take_all")
    assert split.short == (1,)
    generator = random.Random(1)
    train = ToyDataset((5, 0, 5)).items("train")
    expected = [generator.sample([i for i in train if i.label == label], 2) for label in (0, 2)]
    assert list(split.train) == [*expected[0], *expected[1]]


@pytest.mark.parametrize("shots", [0, -1])
def test_shots_below_one_are_refused(shots: int) -> None:
    with pytest.raises(DatasetError, match="at least 1"):
        few_shot_split(ToyDataset(), shots, seed=1)


@given(seed=st.integers(0, 10_000), shots=st.integers(1, 8))
def test_draws_are_balanced_distinct_and_repeatable(seed: int, shots: int) -> None:
    dataset = ToyDataset((8, 9, 10), val=4)
    split = few_shot_split(dataset, shots, seed)
    assert split == few_shot_split(dataset, shots, seed)
    for label in range(3):
        mine = [item for item in split.train if item.label == label]
        assert len(mine) == len(set(mine)) == shots
    assert set(split.train) <= set(dataset.items("train"))
    assert set(split.val) <= set(dataset.items("val"))
