"""Reads a packed dataset: the list of images at once, each image when it is needed."""

import hashlib
import shlex
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.datasets.encoded import EncodedDataset
from benchmarks.datasets.identity.file_hashes import MISSING, Announce, silent
from benchmarks.datasets.interface import Card, DatasetError, Identity, Item, Source, Split
from benchmarks.datasets.packed.byte_cache import ByteCache
from benchmarks.datasets.packed.damage import damaged, lacking, mending
from benchmarks.datasets.packed.file_errors import is_of_server, meaning
from benchmarks.datasets.packed.layout import SHARDS, Facts, read_facts
from benchmarks.datasets.packed.listing import Listing, read_listing
from benchmarks.datasets.packed.location import Location, Unreachable

IMAGE_BYTES = 512 << 20
"""Bytes of images that a worker caches: training images are read again in every epoch."""

GROUP_BYTES = 64 << 20
"""Bytes of row groups that a worker caches: neighbours in a split are read one after another."""


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
            if facts is None:
                return self._absence
        except DatasetError as error:
            return str(error)
        if self._known is not None and facts.name != self._known.name:
            return (
                f"{self._location.uri} is a pack of {facts.name}, not of {self._known.name}. Give "
                f"the pack's folder its own name, or name it in the spec with a `path`."
            )
        return None

    def class_names(self) -> tuple[str, ...]:
        return self._facts.class_names

    def items(self, split: Split) -> Sequence[Item]:
        return self._listing.items[split]

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
        packed = self._listing.images.get(item.reference)
        if packed is None:
            raise self.unreadable(item, "no such image in the pack")
        group = self._group(packed.shard, packed.group)
        data = group[packed.row].as_py() if packed.row < len(group) else b""
        if hashlib.sha256(data).hexdigest() != packed.sha256:
            uri = self._location.child(self._facts.shards[packed.shard]).uri
            raise Unreachable(
                f"{uri} does not hold the image {item.reference!r} that was packed: the pack is "
                f"damaged, or was replaced just now. Start again, to read what is there now. "
                f"{mending(self._location, self._facts)}"
            )
        self._images.put(item.reference, data, len(data))
        return data

    def source(self) -> Source:
        return Source(f"the pack {self._location.uri}", "Pack it again from data that has them.")

    def fingerprints(self, items: Sequence[Item], announce: Announce = silent) -> Sequence[str]:
        del announce
        found = (self._listing.images.get(item.reference) for item in items)
        return [MISSING if packed is None else packed.fingerprint for packed in found]

    def stamps(self, items: Sequence[Item]) -> Sequence[str]:
        """The SHA-256 of each image's file, as a pack may be replaced by one of other images."""
        found = (self._listing.images.get(item.reference) for item in items)
        return [MISSING if packed is None else packed.sha256 for packed in found]

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
        uri, root = self._location.uri, shlex.quote(self._location.parent_uri)
        name = self._location.path.rpartition("/")[2]
        spec = "" if self._known else " --spec SPEC"
        found = self._location.child(SHARDS).sizes()
        what = "is an unfinished pack" if found else "is no packed dataset"
        return f"{uri} {what}: write it with `querycurve datasets pack {name} --to {root}{spec}`."

    @cached_property
    def _facts(self) -> Facts:
        facts = read_facts(self._location)
        if facts is None:
            raise DatasetError(self._absence)
        return facts

    @cached_property
    def _listing(self) -> Listing:
        """All images, of a pack whose files are all there."""
        try:
            lacks = lacking(self._location, self._facts)
        except Unreachable:  # who may read files may not be allowed to list them
            lacks = ""
        if lacks:
            raise damaged(self._location, self._facts, lacks)
        return read_listing(self._location, self._facts)

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
            if is_of_server(error):
                raise Unreachable(f"can't reach {file.uri}: {meaning(error, file.uri)}") from None
            what = f"{self._facts.shards[shard]} can't be read"
            raise damaged(self._location, self._facts, what) from None
