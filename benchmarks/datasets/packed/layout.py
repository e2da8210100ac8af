"""The files of a packed dataset, and the facts that are stored beside the shards.

NAME/dataset.json       facts, written last: a pack without it is not finished
NAME/items-*.parquet    reference, label, split, shard, row group, row, fingerprint and SHA-256 of
                        every image, in order
NAME/shards/*.parquet   image (the file's bytes), reference, label, class_name, split

Names of the Parquet files end with digits of their SHA-256, so that packers at work in one place
never write to each other's files; the facts say which of them belong to the pack. In format 2,
names had no digits, and facts said nothing of the files but the shards' names.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from benchmarks.datasets.interface import SPLITS, Card, DatasetError, Identity
from benchmarks.datasets.packed.location import Location
from benchmarks.frozen import Frozen

FORMAT = 3
READABLE = (2, FORMAT)
_SHARD = re.compile(r"(train|val|test)-\d{5}(-[0-9a-f]{16})?\.parquet")
FACTS, ITEMS, SHARDS = "dataset.json", "items.parquet", "shards"

SHARD_SCHEMA = pa.schema(
    [
        ("image", pa.binary()),
        ("reference", pa.string()),
        ("label", pa.int32()),
        ("class_name", pa.string()),
        ("split", pa.string()),
    ]
)
ITEMS_SCHEMA = pa.schema(
    [
        ("reference", pa.string()),
        ("label", pa.int32()),
        ("split", pa.string()),
        ("shard", pa.int32()),
        ("group", pa.int32()),
        ("row", pa.int32()),
        ("fingerprint", pa.string()),
        ("sha256", pa.string()),
    ]
)


class OutdatedPack(DatasetError):
    """A pack that has to be packed again: its facts are damaged, or of an earlier format."""


class FileFacts(Frozen):
    """What a file of a pack holds.

    Attributes:
        size: in bytes.
        sha256: of all its bytes.
    """

    size: int
    sha256: str


class Facts(Frozen):
    """Facts that a packed dataset stores about itself.

    Attributes:
        format: version of this layout.
        name: the dataset's name.
        title: the name that people use.
        class_names: names by label.
        templates: hand-written prompts.
        images: images by split.
        upright: whether images are turned as their EXIF orientation says.
        revision: that of the unpacked dataset, so that both give the same keys.
        identified_by: what fingerprints are, likewise.
        remark: that of the unpacked dataset.
        shards: names of the shards' files, in order.
        digest: what `contents_digest` says of the unpacked dataset.
        full_digest: what `FullDigest` says of the packed images.
        shuffled: that of the unpacked dataset, so that both give the same draws.
        ensemble: the templates that an ensemble averages; empty if it averages all of them.
        items: name of the file that lists the images.
        files: size and SHA-256 of that file and of each shard, by name; empty in format 2.
        checksum: SHA-256 of all other facts; empty in format 2.
    """

    format: int
    name: str
    title: str
    class_names: tuple[str, ...]
    templates: tuple[str, ...]
    images: dict[str, int]
    upright: bool
    revision: str
    identified_by: Identity
    remark: str
    shards: tuple[str, ...]
    digest: str
    full_digest: str
    shuffled: tuple[int, ...]
    ensemble: tuple[str, ...]
    items: str = ITEMS
    files: Mapping[str, FileFacts] = {}
    checksum: str = ""

    def sealed(self) -> "Facts":
        """The same with their checksum."""
        document = self.model_dump(mode="json")
        return self.model_copy(update={"checksum": _checksum(document)})

    def card(self) -> Card:
        """A card made from these facts, for datasets that are known only by their pack."""
        return Card(
            name=self.name,
            title=self.title,
            classes=len(self.class_names),
            images={split: self.images[split] for split in SPLITS},
            templates=self.templates,
            how_to_get="It is a packed dataset: pack it again.",
            ensemble=self.ensemble,
        )


def read_facts(location: Location) -> Facts | None:
    """Reads the facts of a packed dataset; None if there is no finished pack.

    Raises:
        OutdatedPack: they are damaged, or of an earlier format.
        DatasetError: they are of a later format.
        Unreachable: the location can't be read.
    """
    file = location.child(FACTS)
    data = file.read()
    if data is None:
        return None
    document = _document(data)
    found = document.get("format")
    if isinstance(found, int) and found not in READABLE:
        told = f"{file.uri} has format {found}, this version reads {FORMAT}: pack it again"
        if found < FORMAT:
            raise OutdatedPack(f"{told}.")
        raise DatasetError(f"{told}, to another location.")
    try:
        facts = Facts.model_validate(document)
    except ValidationError:
        raise OutdatedPack(f"{file.uri} is damaged or of a later version: pack it again.") from None
    if facts.format > READABLE[0] and facts.checksum != _checksum(document):
        raise OutdatedPack(f"{file.uri} is damaged: pack it again.")
    return facts


def _document(data: bytes) -> dict[str, Any]:
    """Facts as they were written; empty if they can't be read."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _checksum(document: Mapping[str, Any]) -> str:
    others = {name: value for name, value in document.items() if name != "checksum"}
    return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()


def is_pack(folder: Path) -> bool:
    """Whether a folder on this machine holds a pack, finished or not; never raises."""
    if os.path.isfile(folder / FACTS):  # noqa: PTH113  (never raises)
        return True
    with suppress(OSError):
        return any(_SHARD.fullmatch(file.name) for file in folder.glob(f"{SHARDS}/*"))
    return False


def columns(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """A table with the schema, from rows."""
    arrays = [
        pa.array([row[i] for row in rows], type=column.type) for i, column in enumerate(schema)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
