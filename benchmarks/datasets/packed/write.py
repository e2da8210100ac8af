"""Packs a dataset into Parquet shards of about 256 MB, with row groups of about 1 MB."""

import hashlib
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.datasets.identity.contents import FullDigest, contents_digest, fingerprint_of
from benchmarks.datasets.interface import SPLITS, Dataset, DatasetError, Item, Split
from benchmarks.datasets.packed.layout import (
    FACTS,
    FORMAT,
    ITEMS,
    ITEMS_SCHEMA,
    SHARD_SCHEMA,
    Facts,
    OutdatedPack,
    columns,
    read_facts,
)
from benchmarks.datasets.packed.location import Location, telling
from benchmarks.datasets.read_ahead import read_ahead

SHARD_BYTES = 256 << 20

# Training reads single images, so a row group must be small. Reading a whole split reads group
# after group.
GROUP_BYTES = 1 << 20

Row = tuple[object, ...]


def pack(
    dataset: Dataset,
    location: Location,
    tell: Callable[[int], None] = lambda _: None,
    shard_bytes: int = SHARD_BYTES,
) -> Facts:
    """Packs a dataset at a location; a finished pack of the same contents is left as it is.

    Args:
        dataset: what to pack.
        location: the pack's own folder.
        tell: called with the number of images after each row group.
        shard_bytes: size at which a shard is closed and the next one begins.

    Raises:
        DatasetError: another version of the dataset is packed there.
        ImageUnreadable: an image's file is missing.
        Unreachable: the location can't be written.
    """
    there = _finished(location)
    if there is not None and there.digest != contents_digest(dataset):
        raise DatasetError(
            f"{location.uri} holds another version of {dataset.card.name}. Delete it, or pack to "
            f"another location."
        )
    if there is not None:
        return there
    writer = _PackWriter(dataset, location, shard_bytes)
    with telling(location.uri):
        for split in SPLITS:
            for images in writer.write(split):
                tell(images)
        return writer.finish()


def _finished(location: Location) -> Facts | None:
    """Facts of a pack that can be read; None if there is none, or one that is to be written anew.

    Raises:
        DatasetError: it is of a later format.
        Unreachable: the location can't be read.
    """
    try:
        return read_facts(location)
    except OutdatedPack:
        return None


class _PackWriter:
    """Writes one split after another, and records where each image lies."""

    def __init__(self, dataset: Dataset, location: Location, shard_bytes: int) -> None:
        self._dataset = dataset
        self._location = location
        self._shard_bytes = shard_bytes
        self._names = dataset.class_names()
        self._shards: list[str] = []
        self._rows: list[Row] = []
        self._fingerprints: dict[Split, list[str]] = {split: [] for split in SPLITS}
        self._full = FullDigest()

    def write(self, split: Split) -> Iterator[int]:
        """Writes one split; yields the number of images after each row group."""
        groups = _groups(self._dataset, split)
        group = next(groups, None)
        number = 0
        while group is not None:
            name = f"shards/{split}-{number:05d}.parquet"
            with self._location.child(name).create() as stream, _writer(stream) as writer:
                size, index = 0, 0
                while group is not None and size < self._shard_bytes:
                    writer.write_table(self._shard_table(split, group))
                    self._note(split, group, index)
                    size += sum(len(data) for _, data in group)
                    index += 1
                    yield len(group)
                    group = next(groups, None)
            self._shards.append(name)
            number += 1

    def finish(self) -> Facts:
        """Writes the list of images, then the facts, whose presence marks the pack as finished."""
        dataset = self._dataset
        with self._location.child(ITEMS).create() as stream:
            pq.write_table(columns(ITEMS_SCHEMA, self._rows), stream, compression="zstd")
        facts = Facts(
            format=FORMAT,
            name=dataset.card.name,
            title=dataset.card.title,
            class_names=self._names,
            templates=dataset.card.templates,
            images={split: len(dataset.items(split)) for split in SPLITS},
            upright=dataset.upright,
            revision=dataset.revision(),
            identified_by=dataset.identified_by,
            remark=dataset.remark(),
            shards=tuple(self._shards),
            digest=contents_digest(dataset, self._fingerprints),
            full_digest=self._full.hexdigest(),
            shuffled=dataset.shuffled_before_draw(),
            ensemble=dataset.card.ensemble,
        )
        with self._location.child(FACTS).create() as stream:
            stream.write(facts.model_dump_json(indent=1).encode())
        return facts

    def _shard_table(self, split: Split, group: Sequence[tuple[Item, bytes]]) -> pa.Table:
        rows: list[Row] = [
            (data, item.reference, item.label, self._names[item.label], split)
            for item, data in group
        ]
        return columns(SHARD_SCHEMA, rows)

    def _note(self, split: Split, group: Sequence[tuple[Item, bytes]], index: int) -> None:
        """Records what was written; fingerprints are of these bytes, whatever the files become."""
        shard, identity = len(self._shards), self._dataset.identified_by
        for row, (item, data) in enumerate(group):
            fingerprint, sha256 = fingerprint_of(data, identity), hashlib.sha256(data).hexdigest()
            self._full.add(split, item, sha256)
            self._fingerprints[split].append(fingerprint)
            place = (shard, index, row)
            self._rows.append((item.reference, item.label, split, *place, fingerprint, sha256))


def _writer(stream: pa.NativeFile) -> pq.ParquetWriter:
    """Image files are compressed already, and names repeat: so only names get a dictionary."""
    compression = dict.fromkeys(SHARD_SCHEMA.names, "zstd") | {"image": "none"}
    return pq.ParquetWriter(
        stream, SHARD_SCHEMA, compression=compression, use_dictionary=["class_name", "split"]
    )


def _groups(dataset: Dataset, split: Split) -> Iterator[list[tuple[Item, bytes]]]:
    """The images of a split in order, about 1 MB at a time, read ahead by threads."""
    group: list[tuple[Item, bytes]] = []
    size = 0
    for item, data in read_ahead(dataset.items(split), dataset.encoded):
        group.append((item, data))
        size += len(data)
        if size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group
