"""Checks every image of a dataset: counts, unreadable and duplicate files, digest of all bytes."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.datasets.completeness import Counted, count
from benchmarks.datasets.duplicates import Duplicates, worst_first
from benchmarks.datasets.identity.contents import FullDigest, state_digest
from benchmarks.datasets.identity.verified import remember_verified
from benchmarks.datasets.interface import SPLITS, Dataset, ImageUnreadable, Item, Split
from benchmarks.datasets.read_ahead import read_ahead


@dataclass(frozen=True)
class Verified(Counted):
    """What was found in a dataset, besides counts.

    Attributes:
        unreadable: one message per image that can't be read.
        duplicates: groups of images with the same bytes, the worst first.
        full_digest: the `FullDigest` of all images; empty if one can't be read.
        recorded_digest: the one that came with the data; empty if none did.
    """

    unreadable: tuple[str, ...] = ()
    duplicates: tuple[Duplicates, ...] = ()
    full_digest: str = ""
    recorded_digest: str = ""

    @property
    def as_recorded(self) -> bool:
        """Whether the images are those that the digest which came with them is of."""
        return self.recorded_digest in ("", self.full_digest)

    @property
    def sound(self) -> bool:
        """Whether it is complete, every image can be read, and none is another than recorded."""
        return self.complete and not self.unreadable and self.as_recorded


def verify(dataset: Dataset, tell: Callable[[int], None] = lambda _: None) -> Verified:
    """Reads and decodes every image, and remembers the digest of them all on this machine.

    Args:
        dataset: what to check.
        tell: called with 1 after each image.

    Raises:
        DatasetError: the dataset can't be read.
    """
    files: dict[str, list[tuple[Split, Item]]] = defaultdict(list)
    unreadable: list[str] = []
    full, state = FullDigest(), _to_remember(dataset)
    for split in SPLITS:
        for item, (digest, error) in read_ahead(dataset.items(split), partial(_look, dataset)):
            if error:
                unreadable.append(error)
            else:
                files[digest].append((split, item))
            full.add(split, item, digest)
            tell(1)
    whole = "" if unreadable else full.hexdigest()
    if whole and state and state == _to_remember(dataset):  # no file has changed meanwhile
        remember_verified(dataset, state, whole)
    repeated = (Duplicates(tuple(places)) for places in files.values() if len(places) > 1)
    return Verified(
        **vars(count(dataset)),
        unreadable=tuple(unreadable),
        duplicates=worst_first(repeated),
        full_digest=whole,
        recorded_digest=dataset.recorded_digest(),
    )


def _to_remember(dataset: Dataset) -> str:
    """The state under which the full digest is remembered; "" where it is known anyway."""
    known = dataset.identified_by == "sha256" or dataset.recorded_digest()
    return "" if known else state_digest(dataset)


def _look(dataset: Dataset, item: Item) -> tuple[str, str]:
    """The digest of an image's bytes, or else why it can't be read."""
    try:
        dataset.open(item)
        return hashlib.sha256(dataset.encoded(item)).hexdigest(), ""
    except ImageUnreadable as error:
        return "", str(error)
