"""A CSV file that lists images and their classes."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.datasets.own.columns import BadManifest, Columns, find_columns, recognised
from benchmarks.datasets.own.image_paths import ImagePaths
from benchmarks.datasets.own.manifest import Cells, check_rows
from benchmarks.datasets.own_split import Division
from benchmarks.datasets.stand_ins import stand_in
from benchmarks.datasets.texts import NoText, read_text
from benchmarks.quoting import brief

_DELIMITERS = ",;\t|"


def read_csv(path: Path, dataset: str) -> Division:
    """Reads and checks the manifest of a dataset, with a header line, as text.

    Cells are parted by commas, semicolons, tabs or bars: whatever makes columns of the header.

    Raises:
        BadManifest: it can't be read, or is invalid.
    """
    where = f"dataset {dataset}: {path}"
    try:
        text = read_text(path)
    except NoText as error:
        raise BadManifest(f"{where} is no readable CSV file in UTF-8: {error}.") from None
    known = stand_in(text[:512].encode(errors="replace"))
    if known:
        raise BadManifest(f"{where} is no readable CSV file: {known}.")
    rows = _rows(text, where)
    number, header = next(rows, (1, []))
    columns = find_columns(header, where)
    cells = _cells(rows, number, columns, len(header), where)
    division = check_rows(cells, where, ImagePaths(path.parent))
    return replace(division, notes=(*columns.notes, *division.notes))


def _rows(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that aren't blank, numbered as in a spreadsheet: row 1 is the first."""
    told, _, rest = text.partition("\n")
    marked = told.strip().lower()
    offset = 1
    if marked.startswith("sep=") and len(marked) == len("sep=;"):  # written by Excel
        text, offset = rest, 2
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=_delimiter(text),
        strict=True,
        skipinitialspace=True,
    )
    number, line = offset, 0
    try:
        for number, row in enumerate(reader, start=offset):
            line = reader.line_num
            if any(map(str.strip, row)):
                yield number, row
    except csv.Error as error:
        start = line + offset
        raise BadManifest(
            f"{where} is no readable CSV file: the row that begins in line {start} can't be read "
            f"({brief(error)}). Is a quotation mark missing, or one too many?"
        ) from None


def _delimiter(text: str) -> str:
    """What parts the header into the most columns that are known; a comma if nothing does."""
    header = next(iter(text.lstrip().splitlines()), "")

    def found(delimiter: str) -> int:
        return recognised([name.strip().strip('"') for name in header.split(delimiter)])

    return max(_DELIMITERS, key=found)


def _cells(
    rows: Iterator[tuple[int, list[str]]], header: int, columns: Columns, width: int, where: str
) -> Iterator[tuple[int, Cells]]:
    for number, row in rows:
        if len(row) > width and any(map(str.strip, row[width:])):
            raise BadManifest(
                f"{where}, row {number}: it has more cells than row {header}, which names the "
                f"columns. Is a quotation mark missing, or the name of a column?"
            )
        row.extend([""] * (width - len(row)))
        yield number, {name: row[place] for name, place in columns.places.items()}
