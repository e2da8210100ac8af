"""Splits of our own are balanced, disjoint, whole, and depend on paths alone."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.own_split import LabelledFile, Listing, hold_out, own_split


def rows_of(sizes: list[int]) -> list[LabelledFile]:
    return [
        (f"{label}/{number}.jpg", label, f"class {label}")
        for label, size in enumerate(sizes)
        for number in range(size)
    ]


def counts_of(listing: Listing, classes: int) -> dict[str, list[int]]:
    return {
        split: [sum(row[1] == label for row in rows) for label in range(classes)]
        for split, rows in listing.items()
    }


def test_seventy_ten_twenty_of_every_class() -> None:
    split = own_split(rows_of([100, 10]))
    counts = {
        name: [sum(r[1] == label for r in rows) for label in (0, 1)] for name, rows in split.items()
    }
    assert counts == {"train": [70, 7], "val": [10, 1], "test": [20, 2]}


def test_the_split_never_changes() -> None:
    split = own_split(rows_of([10]))
    assert [path for path, _, _ in split["test"]] == ["0/2.jpg", "0/6.jpg"]
    assert [path for path, _, _ in split["val"]] == ["0/1.jpg"]


def test_small_classes_train_first_then_test_then_validate() -> None:
    split = own_split(rows_of([1, 2, 3]))
    counts = {
        name: [sum(r[1] == label for r in rows) for label in range(3)]
        for name, rows in split.items()
    }
    assert counts == {"train": [1, 1, 1], "val": [0, 0, 1], "test": [0, 1, 1]}


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5), shuffle=st.randoms())
def test_nothing_is_lost_or_shared_and_order_does_not_matter(
    sizes: list[int], shuffle: Random
) -> None:
    rows = rows_of(sizes)
    shuffled = list(rows)
    shuffle.shuffle(shuffled)
    split = own_split(rows)
    assert own_split(shuffled) == split
    assert sorted(split["train"] + split["val"] + split["test"]) == sorted(rows)
    train, val = hold_out(rows)
    assert hold_out(shuffled) == (train, val)
    assert sorted(train + val) == sorted(rows)
    assert {row[1] for row in train} == set(range(len(sizes)))


def test_another_image_moves_only_its_neighbours() -> None:
    before, after = own_split(rows_of([100])), own_split(rows_of([101]))
    moved = set(before["test"]) ^ set(after["test"])
    assert len(moved) <= 2
