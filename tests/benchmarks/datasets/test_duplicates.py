"""Each group of equal files is a line that says what is wrong with it; the rest are counted."""

from __future__ import annotations

from benchmarks.datasets.duplicates import MOST_GROUPS, Duplicates, described, worst_first
from benchmarks.datasets.interface import Item, Split

NAMES = ("owl", "goose")


def group(*places: tuple[Split, int]) -> Duplicates:
    return Duplicates(tuple((s, Item(f"{n}.jpg", label)) for n, (s, label) in enumerate(places)))


PLAIN = group(("train", 0), ("train", 0))
AMBIGUOUS = group(("test", 0), ("test", 1))
LEAK = group(("train", 0), ("val", 0))
BOTH = group(("train", 0), ("test", 1))


def test_the_worst_comes_first() -> None:
    assert worst_first((PLAIN, AMBIGUOUS, LEAK, BOTH)) == (BOTH, LEAK, AMBIGUOUS, PLAIN)


def test_a_group_without_fault_is_only_named() -> None:
    assert PLAIN.text(NAMES) == "the same file: 0.jpg (train), 1.jpg (train)"


def test_labels_that_differ_are_named() -> None:
    line = "the same file: 0.jpg (test), 1.jpg (test); it has the labels 'owl', 'goose'"
    assert AMBIGUOUS.text(NAMES) == line


def test_a_large_group_is_cut() -> None:
    many = group(*[("train", 0)] * 9, ("test", 0))
    assert many.text(NAMES) == (
        "the same file: 0.jpg (train), 1.jpg (train), 2.jpg (train), 3.jpg (train) and 6 more; it "
        "leaks between train and test"
    )


def test_groups_that_are_not_named_are_counted() -> None:
    lines = list(described((*[LEAK] * MOST_GROUPS, LEAK, BOTH, PLAIN), NAMES))
    assert len(lines) == MOST_GROUPS + 1
    assert lines[-1] == "and 3 more groups of one file each (leaks: 2, with several labels: 1)"
    assert list(described((), NAMES)) == []
