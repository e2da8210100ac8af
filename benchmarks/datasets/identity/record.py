"""What is known about which images a dataset holds, for the record of what results were made on."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from benchmarks.datasets.identity.contents import FullDigest, state_digest
from benchmarks.datasets.identity.file_hashes import Announce, silent
from benchmarks.datasets.identity.verified import remember_verified, verified_digest
from benchmarks.datasets.interface import SPLITS, Dataset, ImageUnreadable

Basis = Literal["packed", "verified", "read", "counts and sizes"]
"""Every byte was read when it was packed, by `datasets verify`, or when it was planned; or images
were counted and the sizes of their files compared, as far as they were used."""


@dataclass(frozen=True)
class DataIdentity:
    """What is known of a dataset's images.

    Attributes:
        basis: how it is known.
        digest: the `FullDigest` of all images; empty where not all were read.
    """

    basis: Basis
    digest: str = ""

    def as_dict(self) -> dict[str, str]:
        """As plain values, for a trace."""
        return {"basis": self.basis, "digest": self.digest}


def identity_of(dataset: Dataset, announce: Announce = silent) -> DataIdentity:
    """What is known of a dataset, reading no more than a user's own files and embedded datasets.

    Args:
        dataset: the dataset.
        announce: called before files are read.

    Raises:
        DatasetError: the dataset can't be read.
    """
    if recorded := dataset.recorded_digest():
        return DataIdentity("packed", recorded)
    if dataset.identified_by == "sha256":
        return DataIdentity("read", _of_fingerprints(dataset, announce))
    known = verified_digest(dataset)
    if dataset.identified_by == "revision":
        with suppress(ImageUnreadable):
            return DataIdentity("read", known or _of_bytes(dataset))
    return DataIdentity("verified", known) if known else DataIdentity("counts and sizes")


def _of_fingerprints(dataset: Dataset, announce: Announce) -> str:
    full = FullDigest()
    rows = [(split, item) for split in SPLITS for item in dataset.items(split)]
    found = dataset.fingerprints([item for _, item in rows], announce)
    for (split, item), sha256 in zip(rows, found, strict=True):
        full.add(split, item, sha256)
    return full.hexdigest()


def _of_bytes(dataset: Dataset) -> str:
    """Of images that lie in one file or in memory; remembered, as `datasets verify` does."""
    full = FullDigest()
    for split in SPLITS:
        for item in dataset.items(split):
            full.add(split, item, hashlib.sha256(dataset.encoded(item)).hexdigest())
    remember_verified(dataset, state_digest(dataset), full.hexdigest())
    return full.hexdigest()
