"""Reads a packed dataset: the list of images at once, each image when it is needed."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.datasets.encoded import EncodedDataset
from benchmarks.datasets.identity.file_hashes import MISSING, Announce, silent
from benchmarks.datasets.interface import SPLITS, Card, DatasetError, Identity, Item, Source, Split
from benchmarks.datasets.packed.byte_cache import ByteCache
from benchmarks.datasets.packed.layout import ITEMS, Facts, read_facts
from benchmarks.datasets.packed.location import Location, Unreachable

IMAGE_BYTES = 512 << 20
"""Bytes of images that a worker caches: training images are read again in every epoch."""

GROUP_BYTES = 64 << 20
"""Bytes of row groups that a worker caches: neighbours in a split are read one after another."""


class _Packed(NamedTuple):
    """Where an image lies, and what it is."""

    shard: int
    group: int
    row: int
    fingerprint: str
    sha256: str


class PackedDataset(EncodedDataset):
    """A dataset in Parquet shards, with the same items, bytes and keys as the unpacked one.

    Args:
        location: of the pack.
        card: facts about the dataset, which it must have been packed as; None takes those in the
            pack.
    """

    def __init__(self, location: Location, card: Card | None = None) -> None:
        super().__init__(Path(location.path).parent)
        self._location = location
        self._known = card
        self._files: dict[int, pq.ParquetFile] = {}
        self._locks: dict[int, Lock] = {}
        self._lock = Lock()
        self._images: ByteCache[bytes] = ByteCache(IMAGE_BYTES)
        self._groups: ByteCache[pa.ChunkedArray] = ByteCache(GROUP_BYTES)

    @property
    def card(self) -> Card:  # type: ignore[override]
        """The given card, or else the one in the pack."""
        return self._known or self._facts.card()

    @property
    def upright(self) -> bool:  # type: ignore[override]
        """As the dataset was when it was packed."""
        return self._facts.upright

    @property
    def identified_by(self) -> Identity:  # type: ignore[override]
        """As the dataset's images were when it was packed."""
        return self._facts.identified_by

    def missing(self) -> str | None:
        try:
            facts = read_facts(self._location)
        except DatasetError as error:
            return str(error)
        if facts is None:
            return self._absence
        if self._known is not None and facts.name != self._known.name:
            return (
                f"{self._location.uri} is a pack of {facts.name}, not of {self._known.name}. Give "
                f"the pack's folder its own name, or name it in the spec with a `path`."
            )
        return None

    def class_names(self) -> tuple[str, ...]:
        return self._facts.class_names

    def items(self, split: Split) -> Sequence[Item]:
        return self._listing[0][split]

    def shuffled_before_draw(self) -> tuple[int, ...]:
        return self._facts.shuffled

    def encoded(self, item: Item) -> bytes:
        """The packed bytes of an image.

        Raises:
            ImageUnreadable: the pack has no such image.
            Unreachable: a shard can't be read, or holds another image in its place.
        """
        known = self._images.get(item.reference)
        if known is not None:
            return known
        packed = self._listing[1].get(item.reference)
        if packed is None:
            raise self.unreadable(item, "no such image in the pack")
        data: bytes = self._group(packed.shard, packed.group)[packed.row].as_py()
        if hashlib.sha256(data).hexdigest() != packed.sha256:
            uri = self._location.child(self._facts.shards[packed.shard]).uri
            raise Unreachable(
                f"{uri} does not hold the image {item.reference!r} that was packed: the pack is "
                f"damaged, or was replaced just now. Start again, or pack it again."
            )
        self._images.put(item.reference, data, len(data))
        return data

    def source(self) -> Source:
        return Source(f"the pack {self._location.uri}", "Pack it again from data that has them.")

    def fingerprints(self, items: Sequence[Item], announce: Announce = silent) -> Sequence[str]:
        del announce
        found = (self._listing[1].get(item.reference) for item in items)
        return [MISSING if packed is None else packed.fingerprint for packed in found]

    def revision(self) -> str:
        return self._facts.revision

    def place(self) -> str:
        return self._location.uri

    def recorded_digest(self) -> str:
        return self._facts.full_digest

    def remark(self) -> str:
        return self._facts.remark

    @property
    def _absence(self) -> str:
        return (
            f"{self._location.uri} is no packed dataset: write it with "
            f"`datasets pack {self._location.path.rsplit('/', 1)[-1]} --to ...`."
        )

    @cached_property
    def _facts(self) -> Facts:
        facts = read_facts(self._location)
        if facts is None:
            raise DatasetError(self._absence)
        return facts

    @cached_property
    def _listing(self) -> tuple[dict[Split, list[Item]], dict[str, _Packed]]:
        """Items by split, and each image by its reference."""
        file = self._location.child(ITEMS)
        try:
            with file.open() as stream:
                columns = pq.read_table(stream).to_pydict().values()
        except (OSError, pa.ArrowException) as error:
            raise Unreachable(f"can't read {file.uri}: {error}. Pack it again.") from None
        items: dict[Split, list[Item]] = {split: [] for split in SPLITS}
        images: dict[str, _Packed] = {}
        for reference, label, split, *packed in zip(*columns, strict=True):
            items[split].append(Item(reference, label))
            images[reference] = _Packed(*packed)
        return items, images

    def _group(self, shard: int, group: int) -> pa.ChunkedArray:
        """The images of a row group. The first thread that needs a group reads it for all."""
        with self._lock:
            lock = self._locks.setdefault(shard, Lock())
        with lock:
            known = self._groups.get((shard, group))
            if known is None:
                known = self._read_group(shard, group)
                self._groups.put((shard, group), known, known.nbytes)
            return known

    def _read_group(self, shard: int, group: int) -> pa.ChunkedArray:
        file = self._location.child(self._facts.shards[shard])
        try:
            if shard not in self._files:
                self._files[shard] = pq.ParquetFile(file.open())
            return self._files[shard].read_row_group(group, columns=["image"]).column("image")
        except (OSError, pa.ArrowException) as error:
            self._files.pop(shard, None)
            raise Unreachable(f"can't read {file.uri}: {error}") from None
