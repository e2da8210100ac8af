"""A trace as one Parquet file: points as rows, everything else as JSON in the schema's metadata.

Pages carry checksums and the JSON has a digest, so that a changed file is never taken for a result.
"""

import hashlib
import io
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from benchmarks.quoting import brief
from orchestrator.errors import UserError
from orchestrator.store.trace import Ending, Point, Trace

SCHEMA_VERSION = "1"
_META = b"querycurve"
_DIGEST = b"querycurve.sha256"
_FORMER = b"promptbench"
"""The project's former name, in its first traces, which stay readable."""
_COLUMNS = pa.schema(
    [
        ("queries", pa.int64()),
        ("images", pa.int64()),
        ("metric", pa.dictionary(pa.int32(), pa.string())),
        ("value", pa.float64()),
    ]
)

_HEADER = tuple(field.name for field in fields(Trace) if field.name != "points")


REMEDY = "`querycurve run` sets it aside and measures anew what it needs."


class _Record(BaseModel):
    """What a trace holds beside its points."""

    key: str
    cell: dict[str, Any]
    status: Ending
    ledgers: dict[str, dict[str, int | float]]
    timing: dict[str, float]
    provenance: dict[str, Any]
    error: str


class UnreadableTrace(UserError):
    """A trace file that can't be read."""


class DamagedTrace(UnreadableTrace):
    """A trace file whose content is not what was written."""


def encode(trace: Trace) -> bytes:
    """A trace as a Parquet file."""
    columns = {name: [getattr(p, name) for p in trace.points] for name in _COLUMNS.names}
    table = pa.Table.from_pydict(columns, schema=_COLUMNS)
    header = {name: getattr(trace, name) for name in _HEADER}
    text = json.dumps({"schema_version": SCHEMA_VERSION, **header}, default=dict).encode()
    table = table.replace_schema_metadata({_META: text, _DIGEST: _digest(text)})
    buffer = io.BytesIO()
    # Only metrics repeat: dictionaries of numbers would double the file.
    pq.write_table(
        table, buffer, compression="zstd", write_page_checksum=True, use_dictionary=["metric"]
    )
    return buffer.getvalue()


def decode(data: bytes, where: str, metrics: Collection[str] | None = None) -> Trace:
    """The trace in a Parquet file.

    Args:
        data: the file.
        where: names it in errors.
        metrics: metrics to read; infinite and NaN points are always kept. None reads all.

    Raises:
        DamagedTrace: its content is not what was written.
        UnreadableTrace: it has a schema version that this release doesn't know.
    """
    header, table = _read(data, where)
    if metrics is not None:
        wanted = pa.array(list(metrics), pa.string())
        table = table.filter(
            pc.field("metric").cast(pa.string()).isin(wanted) | ~pc.is_finite(pc.field("value"))
        )
    columns = (_values(table.column(name)) for name in _COLUMNS.names)
    points = tuple(map(Point._make, zip(*columns, strict=True)))
    return _trace(header, points, where)


def decode_header(data: bytes, where: str) -> Trace:
    """The trace in a Parquet file, without its points, which are not looked at.

    Args:
        data: the file.
        where: names it in errors.

    Raises:
        DamagedTrace: its header is not what was written.
        UnreadableTrace: it has a schema version that this release doesn't know.
    """
    with _told_of_damage(where):
        header = _header(pq.read_metadata(pa.BufferReader(data)).metadata, where)
    return _trace(header, (), where)


def _trace(header: dict[str, Any], points: tuple[Point, ...], where: str) -> Trace:
    try:
        record = _Record.model_validate(header)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise DamagedTrace(f"{where} is no trace: it has no sound {place}. {REMEDY}") from None
    return Trace(points=points, **{name: getattr(record, name) for name in _HEADER})


def _read(data: bytes, where: str) -> tuple[dict[str, Any], pa.Table]:
    with _told_of_damage(where):
        # `read_table` would import pandas. Threads of pyarrow that still hold an object of Python's
        # abort a process that ends.
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        table = file.read(use_threads=False)
        return _header(table.schema.metadata, where), _points(table)


@contextmanager
def _told_of_damage(where: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise DamagedTrace(f"{where} is not a readable trace ({brief(error)}). {REMEDY}") from None


def _points(table: pa.Table) -> pa.Table:
    """The columns of points, whole and of the types that were written."""
    found = table.select(_COLUMNS.names).cast(_COLUMNS)
    if any(column.null_count for column in found.columns):
        raise ValueError("a number is missing")
    return found


def _values(column: pa.ChunkedArray) -> list[Any]:
    """A column as Python's values, in a tenth of the time of `to_pylist`.

    `to_numpy` would import pandas.
    """
    whole = column.combine_chunks()
    if not pa.types.is_dictionary(whole.type):
        return list(np.from_dlpack(whole).tolist())
    names = whole.dictionary.to_pylist()
    return [names[code] for code in np.from_dlpack(whole.indices).tolist()]


def _header(metadata: dict[bytes, bytes] | None, where: str) -> dict[str, Any]:
    """What a trace's file says beside its points.

    Raises:
        UnreadableTrace: it has a schema version that this release doesn't know.
        TypeError, ValueError: it is not what was written.
    """
    found = metadata or {}
    found = {name.replace(_FORMER, _META): text for name, text in found.items()}
    if _META not in found:
        raise ValueError("it was not written by this program")
    if found.get(_DIGEST) not in (None, _digest(found[_META])):
        raise ValueError("its header is not what was written")
    header = dict(json.loads(found[_META]))
    version = header.get("schema_version")
    if version != SCHEMA_VERSION:
        raise UnreadableTrace(
            f"{where} has trace schema version {repr(version)[:40]}; this release reads version "
            f"{SCHEMA_VERSION!r}. Read it with the release that wrote it, or use another store."
        )
    return header


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()
