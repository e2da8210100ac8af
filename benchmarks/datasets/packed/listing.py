"""The list of a pack's images: where each one lies, and what it is."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.datasets.interface import SPLITS, Item, Split
from benchmarks.datasets.packed.damage import damaged
from benchmarks.datasets.packed.layout import Facts
from benchmarks.datasets.packed.location import Location


class Packed(NamedTuple):
    """Where an image lies, and what it is."""

    shard: int
    group: int
    row: int
    fingerprint: str
    sha256: str


class Listing(NamedTuple):
    """A pack's images: items by split, in order, and where each lies by its reference."""

    items: dict[Split, list[Item]]
    images: dict[str, Packed]


def read_listing(location: Location, facts: Facts) -> Listing:
    """Reads the list of a pack's images, which must be the one that was packed.

    Raises:
        Unreachable: it is missing or damaged, or can't be read.
    """
    data = location.child(facts.items).read()
    known = facts.files.get(facts.items)
    if data is None:
        raise damaged(location, facts, f"{facts.items} is missing")
    if known is not None and hashlib.sha256(data).hexdigest() != known.sha256:
        raise damaged(location, facts, f"{facts.items} does not hold what was packed")
    try:
        # Threads of pyarrow that still hold an object of Python's abort a process that ends.
        file = pq.ParquetFile(pa.BufferReader(data))
        columns = file.read(use_threads=False).to_pydict().values()
    except (OSError, pa.ArrowException):
        raise damaged(location, facts, f"{facts.items} can't be read") from None
    listing = Listing({split: [] for split in SPLITS}, {})
    for reference, label, split, *packed in zip(*columns, strict=True):
        listing.items[split].append(Item(reference, label))
        listing.images[reference] = Packed(*packed)
    return listing
