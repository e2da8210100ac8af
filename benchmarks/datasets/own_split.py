"""Our own splits for datasets that come without one: each class is split by a hash of the paths.

They depend on paths alone, so they are the same on every machine and with every library version.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from benchmarks.datasets.interface import SPLITS, Split

LabelledFile = tuple[str, int, str]
"""Path below the image folder, label, class name."""

Listing = dict[Split, list[LabelledFile]]

# These texts are part of keys.
OWN_SPLIT = "own split, 70/10/20 of every class (version 1)"
HELD_OUT = "an eighth of its training images held out for validation (version 1)"


@dataclass(frozen=True)
class Division:
    """Images divided into splits.

    Attributes:
        listing: the labelled files of each split.
        origin: says where the split comes from; part of every key.
        classes: the classes that there should be, with or without images: their folders, labels
            and names. The folder is empty for a class that has none; no classes if images alone
            tell them.
        notes: what the user should know of how it was read, in words.
    """

    listing: Listing
    origin: str
    classes: tuple[LabelledFile, ...] = ()
    notes: tuple[str, ...] = ()

    def remark(self, dataset: str) -> str:
        """Why results can't be compared with others'; empty for a split that came with the data."""
        return f"{dataset}: {OWN_SPLIT}" if self.origin == OWN_SPLIT else ""


def own_division(rows: Iterable[LabelledFile], classes: Iterable[LabelledFile] = ()) -> Division:
    """Images that come without a split, in one of our own."""
    return Division(own_split(rows), OWN_SPLIT, tuple(classes))


def official_division(
    train: Iterable[LabelledFile],
    test: list[LabelledFile],
    origin: str,
    classes: Iterable[LabelledFile] = (),
) -> Division:
    """Official training and test images, with validation images held out from the former."""
    kept, val = hold_out(train)
    listing: Listing = {"train": kept, "val": val, "test": test}
    return Division(listing, f"{origin}, {HELD_OUT}", tuple(classes))


def in_order_of_paths(division: Division) -> Division:
    """The same images in the order that class folders have: by label, then path."""
    listing = {s: sorted(rows, key=itemgetter(1, 0)) for s, rows in division.listing.items()}
    return replace(division, listing=listing)


def own_split(rows: Iterable[LabelledFile]) -> Listing:
    """Splits every class into 70 % train, 10 % val and 20 % test.

    A class of three or more images has at least one image in each split; of two images, one goes to
    train and one to test; a single image goes to train. Each split is sorted by label, then path.
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
    """Divides official training images into train and val, seven to one in every class."""
    train: list[LabelledFile] = []
    val: list[LabelledFile] = []
    for members in _by_label(rows):
        held = _share(len(members), 1 / 8, enough=2)
        val += sorted(members[:held])
        train += sorted(members[held:])
    return train, val


def _share(count: int, share: float, enough: int) -> int:
    """`share` of `count`, rounded; at least 1 if `count` is `enough`, else 0."""
    return max(1, round(count * share)) if count >= enough else 0


def _by_label(rows: Iterable[LabelledFile]) -> Sequence[list[LabelledFile]]:
    """The rows grouped by label, in order of label, each group in order of hashes."""
    groups: dict[int, list[LabelledFile]] = {}
    for row in rows:
        groups.setdefault(row[1], []).append(row)
    return [sorted(groups[label], key=_hash) for label in sorted(groups)]


def _hash(row: LabelledFile) -> bytes:
    return hashlib.sha256(row[0].encode()).digest()
