"""Reads a Parquet file's columns, whatever types they have, as those of a manifest.

Among them are those of Hugging Face's datasets: images as a struct of bytes and path, and labels as
numbers, whose names stand in the file's metadata.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.datasets.own.columns import BadManifest, Columns, find_columns
from benchmarks.datasets.stand_ins import stand_in
from benchmarks.datasets.texts import reason_of
from benchmarks.quoting import cut, quoted

Kind = Literal["bytes", "paths"]
"""What the `image` column has: the bytes of image files, or their paths."""

_BYTES = ("binary", "large_binary", "binary_view", "fixed_size_binary")
_TEXT = ("string", "large_string", "string_view")

_BUFFER = 1 << 20


def kind_of(path: Path) -> Kind | None:
    """What a file's `image` column has; None if it can't be read, which `read_table` explains."""
    try:
        file = pq.ParquetFile(path) if path.is_file() else None
        return None if file is None else _kind(file, str(path))
    except (OSError, ValueError, pa.ArrowException):
        return None


def columns_of(path: Path, where: str) -> Columns:
    """Where a file has what; reads no rows.

    Raises:
        BadManifest: the file can't be read, or has other columns.
    """
    file = open_parquet(path, where)
    return find_columns(file.schema_arrow.names, where, named=_kind(file, where) == "bytes")


def listed_classes(path: Path, where: str) -> list[str]:
    """The classes that a file's labels count, as Hugging Face's datasets list them; [] if none.

    Raises:
        BadManifest: the file can't be read, or has other columns.
    """
    schema = open_parquet(path, where).schema_arrow
    places = find_columns(schema.names, where).places
    for column in ("class_name", "label"):
        if column in places and pa.types.is_integer(schema.field(places[column]).type):
            return _class_names(schema, schema.names[places[column]])
    return []


def read_table(path: Path, where: str) -> pa.Table:
    """The columns of a manifest by the names that they have here, images as bytes or as text.

    Args:
        path: the file.
        where: names it in errors.

    Raises:
        BadManifest: the file can't be read, or has other columns.
    """
    file = open_parquet(path, where)
    schema = file.schema_arrow
    places = find_columns(schema.names, where).places
    kind = _kind(file, where)
    names = {column: schema.names[place] for column, place in places.items()}
    try:
        read = file.read(columns=list(names.values()))
        table = {column: read.column(name) for column, name in names.items()}
        table["image"] = _images(table["image"], kind)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise BadManifest(f"{where} is no readable Parquet file: {reason_of(error)}.") from None
    named = {column: _class_names(schema, name) for column, name in names.items()}
    return pa.table(_with_names(table, {c: n for c, n in named.items() if n}, where))


def read_facts(path: Path, where: str) -> pa.Table:
    """As `read_table`, without the bytes of images.

    The column `name` has the images' paths, if the file has any.

    Raises:
        BadManifest: the file can't be read, or has other columns.
    """
    file = open_parquet(path, where)
    schema = file.schema_arrow
    places = find_columns(schema.names, where, named=True).places
    names = {column: schema.names[place] for column, place in places.items()}
    image = names.pop("image")
    inner = "name" not in names and _is_one_of(_inside(schema.field(image).type).get("path"), _TEXT)
    try:
        read = file.read(columns=[*names.values(), *([f"{image}.path"] if inner else [])])
        table = {column: read.column(name) for column, name in names.items()}
        if inner:
            table["name"] = pc.struct_field(read.column(image), "path")
    except (OSError, KeyError, pa.ArrowException) as error:
        raise BadManifest(f"{where} is no readable Parquet file: {reason_of(error)}.") from None
    named = {column: _class_names(schema, name) for column, name in names.items()}
    return pa.table(_with_names(table, {c: n for c, n in named.items() if n}, where))


def bytes_column(file: pq.ParquetFile, where: str) -> str:
    """The path of the column that has the bytes of images.

    Raises:
        BadManifest: the file has other columns.
    """
    schema = file.schema_arrow
    name = schema.names[find_columns(schema.names, where, named=True).places["image"]]
    return f"{name}.bytes" if "bytes" in _inside(schema.field(name).type) else name


def bytes_in(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The bytes of images in what was read of their column."""
    return _images(column, "bytes")


def _inside(kind: pa.DataType) -> dict[str, pa.DataType]:
    return {field.name: field.type for field in kind} if pa.types.is_struct(kind) else {}


def open_parquet(path: Path, where: str) -> pq.ParquetFile:
    """A Parquet file, of which little is held in memory while it is read in batches.

    Raises:
        BadManifest: it can't be read.
    """
    try:
        # `read_table` would import pandas; without a buffer, batches hold whole row groups.
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER)
    except (OSError, pa.ArrowException) as error:
        reason = _instead(path) or reason_of(error)
        raise BadManifest(f"{where} is no readable Parquet file: {reason}.") from None


def _instead(path: Path) -> str:
    """What a file is if it is no Parquet at all; "" if that can't be said."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        return reason_of(error)
    if start.startswith(b"PAR1"):
        return "it is damaged or cut off"
    known, text = stand_in(start), b"\0" not in start and start.isascii()
    return known or ("it is text: call a CSV file .csv" if text else "")


def _kind(file: pq.ParquetFile, where: str) -> Kind:
    schema = file.schema_arrow
    name = schema.names[find_columns(schema.names, where).places["image"]]
    held = schema.field(name).type
    held = held.value_type if pa.types.is_dictionary(held) else held
    if pa.types.is_struct(held):
        inner = {field.name: field.type for field in held}
        if _is_one_of(inner.get("bytes"), _BYTES) and not _all_null(file, f"{name}.bytes"):
            return "bytes"
        held = inner.get("path")
    if _is_one_of(held, _BYTES):
        return "bytes"
    if _is_one_of(held, _TEXT) or held == pa.null():
        return "paths"
    raise BadManifest(
        f"{where}: the column {name!r} must have paths, the bytes of image files, or images as "
        f"Hugging Face stores them, got the type {cut(str(schema.field(name).type))}."
    )


def _is_one_of(kind: pa.DataType | None, names: tuple[str, ...]) -> bool:
    return kind is not None and str(kind).partition("[")[0] in names


def _all_null(file: pq.ParquetFile, leaf: str) -> bool:
    """Whether the file says that a column has no values at all."""
    metadata = file.metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    leaves = [
        group.column(place)
        for group in groups
        for place in range(group.num_columns)
        if group.column(place).path_in_schema == leaf
    ]
    counts = [leaf.statistics.null_count for leaf in leaves if leaf.statistics is not None]
    return bool(sum(count or 0 for count in counts) == metadata.num_rows > 0)


def _images(column: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_struct(column.type):
        return pc.struct_field(column, "bytes" if kind == "bytes" else "path")
    return column


def _class_names(schema: pa.Schema, column: str) -> list[str]:
    """The names of a column's numbers, as Hugging Face's datasets store them; [] without any."""
    try:
        document: Any = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        names = document["info"]["features"][column]["names"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return names if isinstance(names, list) and all(isinstance(n, str) for n in names) else []


def _with_names(
    table: dict[str, pa.ChunkedArray], named: Mapping[str, list[str]], where: str
) -> dict[str, pa.ChunkedArray]:
    """The columns, with numbers that have names as `label`, and their names as `class_name`."""
    for column in ("class_name", "label"):
        if column not in named or not pa.types.is_integer(table[column].type):
            continue
        numbers = table[column]
        names = _names_of(numbers.to_pylist(), named[column], where)
        known = table if column == "label" and "class_name" in table else {}
        if known:
            _check_same(names.to_pylist(), table["class_name"], named[column], where)
        return {**table, "label": numbers, "class_name": pa.chunked_array([names]), **known}
    return table


def _names_of(numbers: list[int | None], names: list[str], where: str) -> pa.Array:
    for row, number in enumerate(numbers):
        if number is None or not 0 <= number < len(names):
            raise BadManifest(
                f"{where}, row {row}: the label {number} has no name: the file names "
                f"{len(names)} classes, from 0."
            )
    return pa.array([names[number] for number in numbers if number is not None], pa.string())


def _check_same(by_label: list[str], given: pa.ChunkedArray, names: list[str], where: str) -> None:
    """Refuses a class name that the file's metadata give to another label."""
    for row, (one, other) in enumerate(zip(by_label, given.to_pylist(), strict=True)):
        if other != one and other in names:
            raise BadManifest(
                f"{where}, row {row}: the column 'class_name' has {quoted(other)}, but the file "
                f"calls this label {quoted(one)}. Leave one of the columns out."
            )
