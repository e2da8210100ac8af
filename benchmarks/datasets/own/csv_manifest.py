"""A CSV file that lists images and their classes."""

import csv
from pathlib import Path

from benchmarks.datasets.own.manifest import BadManifest, check_columns, check_rows
from benchmarks.datasets.own_split import Division


def read_csv(path: Path, dataset: str) -> Division:
    """Reads and checks the manifest of a dataset, with a header line, in UTF-8.

    Raises:
        BadManifest: it can't be read, or is invalid.
    """
    where = f"dataset {dataset}: {path}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = [name for name in reader.fieldnames or () if name is not None]
            check_columns(columns, where)
            # Row 1 is the header, as in a spreadsheet.
            return check_rows(enumerate(reader, start=2), where)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadManifest(f"{where} is no readable CSV file in UTF-8: {error}.") from None
