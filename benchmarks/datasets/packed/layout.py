"""The files of a packed dataset, and the facts that are stored beside the shards.

NAME/dataset.json       facts, written last: a pack without it is not finished
NAME/items.parquet      reference, label, split, shard, row group, row, fingerprint and SHA-256 of
                        every image, in order
NAME/shards/*.parquet   image (the file's bytes), reference, label, class_name, split
"""

import json
from collections.abc import Sequence

import pyarrow as pa
from pydantic import ValidationError

from benchmarks.datasets.interface import SPLITS, Card, DatasetError, Identity
from benchmarks.datasets.packed.location import Location
from benchmarks.frozen import Frozen

FORMAT = 2
FACTS, ITEMS = "dataset.json", "items.parquet"

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
    found = _format_of(data)
    if found is not None and found != FORMAT:
        told = f"{file.uri} has format {found}, this version reads {FORMAT}: pack it again"
        if found < FORMAT:
            raise OutdatedPack(f"{told}.")
        raise DatasetError(f"{told}, to another location.")
    try:
        return Facts.model_validate_json(data)
    except ValidationError:
        raise OutdatedPack(f"{file.uri} is damaged or of a later version: pack it again.") from None


def _format_of(data: bytes) -> int | None:
    """The format that facts say they have; None if they say none."""
    try:
        document = json.loads(data)
    except ValueError:
        return None
    found = document.get("format") if isinstance(document, dict) else None
    return found if isinstance(found, int) else None


def columns(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """A table with the schema, from rows."""
    arrays = [
        pa.array([row[i] for row in rows], type=column.type) for i, column in enumerate(schema)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
