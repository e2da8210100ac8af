"""Packs a dataset into Parquet shards of about 256 MB, with row groups of about 1 MB."""

import hashlib
from collections.abc import Callable, Iterator, Sequence

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
    """Packs a dataset at a location; a finished pack of the same images is left as it is.

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
    digest = contents_digest(dataset)
    there = read_facts(location)
    if there is not None and there.digest != digest:
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
        return writer.finish(digest)


def contents_digest(dataset: Dataset) -> str:
    """SHA-256 over a dataset's name, revision, class names, and all references and labels.

    It covers lists that are shuffled before draws, too, where there are any.
    """
    digest = hashlib.sha256()
    head = [dataset.card.name, dataset.revision(), dataset.class_names()]
    digest.update(repr(head).encode())
    for split in SPLITS:
        digest.update(split.encode())
        for item in dataset.items(split):
            digest.update(f"{item.reference}\n{item.label}\n".encode())
    if shuffled := dataset.shuffled_before_draw():
        digest.update(repr(shuffled).encode())
    return digest.hexdigest()


class _PackWriter:
    """Writes one split after another, and records where each image lies."""

    def __init__(self, dataset: Dataset, location: Location, shard_bytes: int) -> None:
        self._dataset = dataset
        self._location = location
        self._shard_bytes = shard_bytes
        self._names = dataset.class_names()
        self._shards: list[str] = []
        self._rows: list[Row] = []

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

    def finish(self, digest: str) -> Facts:
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
            remark=dataset.remark(),
            shards=tuple(self._shards),
            digest=digest,
            shuffled=dataset.shuffled_before_draw(),
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
        self._rows += [
            (item.reference, item.label, split, shard, index, row)
            for row, (item, _) in enumerate(group)
        ]


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
