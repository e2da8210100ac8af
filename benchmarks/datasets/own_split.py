"""Splits of our own, for datasets that come without: by a hash of each path, class by class.

They depend on the paths alone, so they are the same on every machine and in every year.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from benchmarks.datasets.interface import SPLITS, Split

LabelledFile = tuple[str, int, str]
"""Path below the image folder, label, class name."""

Listing = dict[Split, list[LabelledFile]]

OWN_SPLIT = "own split, 70/10/20 of every class (version 1)"
HELD_OUT = "an eighth of its training images held out for validation (version 1)"


def own_split(rows: Iterable[LabelledFile]) -> Listing:
    """70 % train, 10 % val and 20 % test of every class, at least one of each from three on.

    Two images of a class go to train and test, one goes to train. Each split is in order of
    labels, then of paths.
    """
    listing: Listing = {split: [] for split in SPLITS}
    for members in _by_label(rows):
        test = _share(len(members), 0.2, enough=2)
        val = _share(len(members), 0.1, enough=3)
        listing["test"] += sorted(members[:test])
        listing["val"] += sorted(members[test : test + val])
        listing["train"] += sorted(members[test + val :])
    return listing


def hold_out(rows: Iterable[LabelledFile]) -> tuple[list[LabelledFile], list[LabelledFile]]:
    """Training and validation images, seven to one in every class, of official training images."""
    train: list[LabelledFile] = []
    val: list[LabelledFile] = []
    for members in _by_label(rows):
        held = _share(len(members), 1 / 8, enough=2)
        val += sorted(members[:held])
        train += sorted(members[held:])
    return train, val


def _share(count: int, share: float, enough: int) -> int:
    """How many of `count` a share is; at least one where there are enough to give."""
    return max(1, round(count * share)) if count >= enough else 0


def _by_label(rows: Iterable[LabelledFile]) -> Sequence[list[LabelledFile]]:
    """The rows of each label, by label, in the order of their hashes."""
    groups: dict[int, list[LabelledFile]] = {}
    for row in sorted(rows, key=_hash):
        groups.setdefault(row[1], []).append(row)
    return [groups[label] for label in sorted(groups)]


def _hash(row: LabelledFile) -> str:
    return hashlib.sha256(row[0].encode()).hexdigest()
