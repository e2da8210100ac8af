"""A part of a split has its classes' shares, and is always the same."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.interface import Item
from benchmarks.datasets.parts import part_of

counts = st.lists(st.integers(0, 30), min_size=1, max_size=12).filter(any)
sizes = st.integers(1, 200)


def split(numbers: list[int]) -> list[Item]:
    """So many images of each class."""
    return [Item(f"{label}/{row}", label) for label, n in enumerate(numbers) for row in range(n)]


def chosen(items: list[Item], size: int) -> list[str]:
    return [items[row].reference for row in part_of(items, size)]


@given(counts, sizes)
def test_it_has_the_size_that_was_asked_for_and_no_image_twice(
    numbers: list[int], size: int
) -> None:
    items = split(numbers)
    rows = part_of(items, size)
    assert len(rows) == len(set(rows)) == min(size, len(items))
    assert list(rows) == sorted(rows)
    assert set(rows) <= set(range(len(items)))


@given(counts, sizes)
def test_each_class_has_its_share_within_one_image(numbers: list[int], size: int) -> None:
    items = split(numbers)
    found = Counter(items[row].label for row in part_of(items, size))
    for label, number in enumerate(numbers):
        share = min(size, len(items)) * number / len(items)
        assert abs(found[label] - share) < 1


@given(counts, sizes)
def test_classes_of_less_than_an_image_are_the_first_that_get_one(
    numbers: list[int], size: int
) -> None:
    items = split(numbers)
    size = min(size, len(items))
    found = Counter(items[row].label for row in part_of(items, size))
    shares = {label: size * number / len(items) for label, number in enumerate(numbers) if number}
    lost = any(found[label] == 0 for label in shares)
    rounded_up = any(found[label] > share >= 1 for label, share in shares.items())
    assert not (lost and rounded_up)


@given(counts, sizes, st.randoms(use_true_random=False))
def test_the_order_of_images_and_the_numbers_of_classes_make_no_difference(
    numbers: list[int], size: int, shuffle: random.Random
) -> None:
    items = split(numbers)
    moved = [Item(item.reference, len(numbers) - item.label) for item in items]
    shuffle.shuffle(moved)
    assert set(chosen(items, size)) == set(chosen(moved, size))


def test_within_a_class_images_are_drawn_as_if_by_chance() -> None:
    items = split([100] * 4)
    small, large = set(chosen(items, 40)), set(chosen(items, 80))
    assert small < large, "of equal classes, a larger part holds a smaller one"
    places = [int(name.split("/")[1]) for name in large]
    assert 20 < sum(place < 50 for place in places) < 60


def test_which_images_they_are_never_changes() -> None:
    """Results of earlier releases were measured on them, under the same keys."""
    items = [Item(f"images/{number:03}.jpg", number % 3) for number in range(30)]
    assert part_of(items, 7) == (1, 4, 12, 14, 18, 21, 29)
