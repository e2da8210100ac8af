"""Items as two columns: a dataset may have millions, of which a plan draws a few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import overload

from benchmarks.datasets.interface import Item

Places = Sequence[int]


class Items(Sequence[Item]):
    """Items that are made when they are asked for; equal to any sequence of the same ones.

    Args:
        references: of the images.
        labels: one for each.
    """

    def __init__(self, references: Sequence[str], labels: Sequence[int]) -> None:
        self._references = references
        self._labels = labels

    @classmethod
    def of(cls, items: Sequence[Item]) -> Items:
        """Any items."""
        if isinstance(items, Items):
            return items
        return cls([item.reference for item in items], [item.label for item in items])

    @overload
    def __getitem__(self, place: int) -> Item: ...

    @overload
    def __getitem__(self, place: slice) -> Items: ...

    def __getitem__(self, place: int | slice) -> Item | Items:
        if isinstance(place, slice):
            return Items(self._references[place], self._labels[place])
        return Item(self._references[place], self._labels[place])

    def __len__(self) -> int:
        return len(self._references)

    def __iter__(self) -> Iterator[Item]:
        return map(Item, self._references, self._labels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def by_label(self) -> dict[int, Places]:
        """The places of each label's items, labels in order of first appearance."""
        runs: dict[int, list[range]] = {}
        start = 0
        for label, run in groupby(self._labels):
            end = start + sum(1 for _ in run)
            runs.setdefault(label, []).append(range(start, end))
            start = end
        return {label: _joined(parts) for label, parts in runs.items()}


def _joined(parts: list[range]) -> Places:
    return parts[0] if len(parts) == 1 else [place for part in parts for place in part]
