"""A Parquet file that lists images and their classes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.datasets.own.columns import OPTIONAL, BadManifest
from benchmarks.datasets.own.image_paths import ImagePaths
from benchmarks.datasets.own.manifest import check_rows
from benchmarks.datasets.own.parquet_columns import columns_of, kind_of, listed_classes, read_table
from benchmarks.datasets.own_split import Division, in_order_of_paths
from benchmarks.quoting import brief


def holds_images(path: Path) -> bool:
    """Whether the `image` column of a Parquet file has the bytes of images, and not paths."""
    return kind_of(path) == "bytes"


def read_parquet(path: Path, dataset: str) -> Division:
    """Reads and checks the manifest of a dataset whose `image` column has paths.

    Raises:
        BadManifest: it can't be read, or is invalid.
    """
    where = f"dataset {dataset}: {path}"
    table = read_table(path, where)
    rows = rows_of(table, values_of(table, "image", where), where)
    listed = listed_classes(path, where)
    division = in_order_of_paths(check_rows(rows, where, ImagePaths(path.parent), listed))
    return replace(division, notes=(*columns_of(path, where).notes, *division.notes))


def values_of(table: pa.Table, column: str, where: str) -> list[Any]:
    """A column's values.

    Raises:
        BadManifest: one is of a kind that can't be read, or is text that is not in UTF-8.
    """
    try:
        values: list[Any] = table.column(column).to_pylist()
    except (ValueError, ArithmeticError, pa.ArrowException) as error:
        raise BadManifest(f"{where}: can't read the column {column!r}: {brief(error)}.") from None
    return values


def rows_of(
    table: pa.Table, images: Sequence[object], where: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered rows from 0, each with the image's name."""
    names = [name for name in ("class_name", *OPTIONAL) if name in table.column_names]
    columns = [values_of(table, name, where) for name in names]
    for number, (image, *values) in enumerate(zip(images, *columns, strict=True)):
        yield number, {"image": image, **dict(zip(names, values, strict=True))}
