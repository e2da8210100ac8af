"""A fixed part of a split that estimates what the whole would give."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.datasets.interface import Item


def part_of(items: Sequence[Item], size: int) -> tuple[int, ...]:
    """Rows of a part of a split, in the split's order.

    The part depends on the split and its own size alone, not on the order of images, so that it is
    the same for all seeds and methods. Each class has the share that it has in the whole, to within
    one image: accuracy on the part estimates accuracy on the whole. (Equal numbers per class would
    estimate something else, the mean of accuracies per class.) Within a class, images are chosen by
    SHA-256 of their references, which has nothing to do with what they show.

    Classes whose share is below one image get one before others are rounded up, as far as it goes.

    Args:
        items: the whole split.
        size: images of the part; all of them where the split has no more.
    """
    if size >= len(items):
        return tuple(range(len(items)))
    ranked: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row, item in enumerate(items):
        ranked[item.label].append((hashlib.sha256(item.reference.encode()).hexdigest(), row))
    for rows in ranked.values():
        rows.sort()
    counts = _shares(ranked, size)
    return tuple(sorted(row for label, rows in ranked.items() for _, row in rows[: counts[label]]))


def _shares(ranked: Mapping[int, Sequence[tuple[str, int]]], size: int) -> dict[int, int]:
    """Images of each class: its share, rounded down or up, by the largest remainders."""
    whole = sum(map(len, ranked.values()))
    shares = {label: divmod(size * len(rows), whole) for label, rows in ranked.items()}

    def first(label: int) -> tuple[bool, int, str]:
        full, rest = shares[label]
        return full > 0, -rest, ranked[label][full % len(ranked[label])][0]

    left = size - sum(full for full, _ in shares.values())
    rounded_up = set(sorted(shares, key=first)[:left])
    return {label: full + (label in rounded_up) for label, (full, _) in shares.items()}
