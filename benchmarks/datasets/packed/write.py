"""Packs a dataset: Parquet shards of some 256 MB, in row groups of about a megabyte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.datasets.interface import SPLITS, Dataset, DatasetError, Item, Split
from benchmarks.datasets.packed.layout import (
    FACTS,
    FORMAT,
    ITEMS,
    ITEMS_SCHEMA,
    SHARD_SCHEMA,
    Facts,
    columns,
    read_facts,
    shard_name,
)
from benchmarks.datasets.packed.location import Location, telling

SHARD_BYTES = 256 << 20

# One image is read at a time while training, so a group must be small; a worker that streams a
# split reads group after group.
GROUP_BYTES = 1 << 20

_READERS = 8

Row = tuple[object, ...]


def pack(
    dataset: Dataset,
    location: Location,
    tell: Callable[[int], None] = lambda _: None,
    shard_bytes: int = SHARD_BYTES,
) -> Facts:
    """Writes a dataset to a location; a finished pack of the same images is left as it is.

    Args:
        dataset: what to pack.
        location: the pack's own folder.
        tell: told the number of images after each row group.
        shard_bytes: size from which on a shard is closed.

    Raises:
        DatasetError: another version of the dataset is packed there.
        ImageUnreadable: an image's file is missing.
        Unreachable: the location can't be written.
    """
    digest = contents_digest(dataset)
    there = read_facts(location)
    if there is not None and there.digest != digest:
        raise DatasetError(
            f"{location.uri} holds another version of {dataset.card.name}. Delete it, or pack to "
            f"another place."
        )
    if there is not None:
        return there
    writer = _PackWriter(dataset, location, shard_bytes)
    with telling(location.uri):
        for split in SPLITS:
            for images in writer.write(split):
                tell(images)
        return writer.finish(digest)


def contents_digest(dataset: Dataset) -> str:
    """SHA-256 over a dataset's revision, class names, and all references and labels in order."""
    digest = hashlib.sha256()
    head = [dataset.card.name, dataset.revision(), dataset.class_names()]
    digest.update(repr(head).encode())
    for split in SPLITS:
        digest.update(split.encode())
        for item in dataset.items(split):
            digest.update(f"{item.reference}\n{item.label}\n".encode())
    return digest.hexdigest()


class _PackWriter:
    """Writes split after split, and notes where each image went."""

    def __init__(self, dataset: Dataset, location: Location, shard_bytes: int) -> None:
        self._dataset = dataset
        self._location = location
        self._shard_bytes = shard_bytes
        self._names = dataset.class_names()
        self._shards: list[str] = []
        self._places: list[Row] = []

    def write(self, split: Split) -> Iterator[int]:
        """Writes one split; yields the number of images after each row group."""
        groups = _groups(self._dataset, split)
        group = next(groups, None)
        number = 0
        while group is not None:
            name = shard_name(split, number)
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

    def finish(self, digest: str) -> Facts:
        """Writes the list of images, and the facts, which make the pack whole."""
        dataset = self._dataset
        with self._location.child(ITEMS).create() as stream:
            pq.write_table(columns(ITEMS_SCHEMA, self._places), stream, compression="zstd")
        facts = Facts(
            format=FORMAT,
            name=dataset.card.name,
            title=dataset.card.title,
            class_names=self._names,
            templates=dataset.card.templates,
            images={split: len(dataset.items(split)) for split in SPLITS},
            upright=dataset.upright,
            revision=dataset.revision(),
            remark=dataset.remark(),
            shards=tuple(self._shards),
            digest=digest,
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
        shard = len(self._shards)
        self._places += [
            (item.reference, item.label, split, shard, index, row)
            for row, (item, _) in enumerate(group)
        ]


def _writer(stream: pa.NativeFile) -> pq.ParquetWriter:
    """Image files are compressed already; names repeat."""
    compression = dict.fromkeys(SHARD_SCHEMA.names, "zstd") | {"image": "none"}
    return pq.ParquetWriter(
        stream, SHARD_SCHEMA, compression=compression, use_dictionary=["class_name", "split"]
    )


def _groups(dataset: Dataset, split: Split) -> Iterator[list[tuple[Item, bytes]]]:
    """The images of a split in order, about a megabyte at a time, read ahead in threads."""
    group: list[tuple[Item, bytes]] = []
    size = 0
    for item, data in _read(dataset, split):
        group.append((item, data))
        size += len(data)
        if size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _read(dataset: Dataset, split: Split) -> Iterator[tuple[Item, bytes]]:
    items = iter(dataset.items(split))
    with ThreadPoolExecutor(_READERS) as threads:
        while chunk := list(islice(items, 16 * _READERS)):
            yield from zip(chunk, threads.map(dataset.encoded, chunk), strict=True)
