"""Packs a dataset into Parquet shards of about 256 MB, with row groups of about 1 MB."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.datasets.identity.contents import FullDigest, contents_digest, fingerprint_of
from benchmarks.datasets.interface import SPLITS, Dataset, Item, Split
from benchmarks.datasets.packed.another_version import check_replaceable
from benchmarks.datasets.packed.damage import is_whole
from benchmarks.datasets.packed.draft import Draft, draft
from benchmarks.datasets.packed.finish import finish, finished_pack
from benchmarks.datasets.packed.layout import (
    FORMAT,
    ITEMS_SCHEMA,
    SHARD_SCHEMA,
    SHARDS,
    Facts,
    FileFacts,
    columns,
)
from benchmarks.datasets.packed.location import Location, telling
from benchmarks.datasets.packed.strange_files import strange_files, strangeness
from benchmarks.datasets.read_ahead import read_ahead

SHARD_BYTES = 256 << 20

# Training reads single images, so a row group must be small. Reading a whole split reads group
# after group.
GROUP_BYTES = 1 << 20

_DIGITS = 16
"""Digits of its SHA-256 in a file's name."""

Row = tuple[object, ...]


def pack(  # noqa: PLR0913 - what is told and what may be replaced are asked for by name
    dataset: Dataset,
    location: Location,
    tell: Callable[[int], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    shard_bytes: int = SHARD_BYTES,
    *,
    replace: bool = False,
) -> Facts:
    """Packs a dataset at a location; of a pack that is there, what is as it should be stays.

    All images are read, also if they are packed already, and all files of the pack are held against
    them. So packing again mends a damaged pack, and takes images that were repaired.

    Args:
        dataset: what to pack.
        location: the pack's own folder.
        tell: called with the number of images after each row group.
        say: told whether the pack was there already, and which files are no images.
        shard_bytes: size at which a shard is closed and the next one begins.
        replace: whether to replace a pack of another version of the dataset.

    Raises:
        DatasetError: another version of the dataset is packed there, or another process packs it.
        ImageUnreadable: an image's file is missing.
        Unreachable: the location can't be written.
    """
    before = finished_pack(location)
    if before is not None:
        check_replaceable(dataset, location, before, all_=replace)
    writer = _PackWriter(dataset, location, shard_bytes)
    for split in SPLITS:
        for images in writer.write(split):
            tell(images)
    facts = finish(location, writer.facts(), before)
    say(_told(facts, before, len(writer.written)))
    if writer.strange:
        say(strange_files(writer.strange, len(writer.rows)))
    return facts


def _told(facts: Facts, before: Facts | None, written: int) -> str:
    """What packing has changed."""
    if before is None:
        return "packed"
    if facts == before and not written:
        return "already packed, and every file is as it was packed"
    if before.format < FORMAT:
        return "was packed in an earlier format, and is packed anew"
    files = "1 file" if written == 1 else f"{written} files"
    return f"was packed; wrote its facts and {files} that were missing, damaged or of other images"


class _PackWriter:
    """Writes one split after another, and records where each image lies.

    Attributes:
        rows: of the list of images.
        written: names of the files that weren't there.
        strange: files that are no images: reference, and what they are.
    """

    def __init__(self, dataset: Dataset, location: Location, shard_bytes: int) -> None:
        self._dataset = dataset
        self._location = location
        self._shard_bytes = shard_bytes
        self._names = dataset.class_names()
        self._shards: list[str] = []
        self._files: dict[str, FileFacts] = {}
        self._fingerprints: dict[Split, list[str]] = {split: [] for split in SPLITS}
        self._full = FullDigest()
        self.rows: list[Row] = []
        self.written: list[str] = []
        self.strange: list[tuple[str, str]] = []

    def write(self, split: Split) -> Iterator[int]:
        """Writes one split; yields the number of images after each row group."""
        groups = _groups(self._dataset, split)
        group = next(groups, None)
        number = 0
        while group is not None:
            with draft(self._location.child(SHARDS)) as file:
                with telling(self._location.uri, missing_too=True), _writer(file.stream) as writer:
                    size, index = 0, 0
                    while group is not None and size < self._shard_bytes:
                        writer.write_table(self._shard_table(split, group))
                        self._note(split, group, index)
                        size += sum(len(data) for _, data in group)
                        index += 1
                        yield len(group)
                        group = next(groups, None)
                self._shards.append(self._keep(file, SHARDS, f"{split}-{number:05d}"))
            number += 1

    def facts(self) -> Facts:
        """Writes the list of images; returns what remains to be written, for the last."""
        with draft(self._location) as file:
            with telling(self._location.uri, missing_too=True):
                pq.write_table(columns(ITEMS_SCHEMA, self.rows), file.stream, compression="zstd")
            items = self._keep(file, "", "items")
        dataset = self._dataset
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
            items=items,
            files=self._files,
        )
        return facts.sealed()

    def _keep(self, file: Draft, folder: str, stem: str) -> str:
        """Names a file after its bytes, unless it is there already; returns its name."""
        facts = file.facts()
        name = f"{stem}-{facts.sha256[:_DIGITS]}.parquet"
        path = f"{folder}/{name}" if folder else name
        self._files[path] = facts
        if not is_whole(self._location, self._files, path):
            file.keep(name)
            self.written.append(path)
        return path

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
            self.rows.append((item.reference, item.label, split, *place, fingerprint, sha256))
            what = strangeness(data)
            if what:
                self.strange.append((item.reference, what))


def _writer(stream: IO[bytes]) -> pq.ParquetWriter:
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
