"""Reads `published.csv`; README.md beside it says what the columns mean."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, TypeAdapter, ValidationError

TABLE = Path(__file__).parent / "published.csv"

Kind = Literal["primary", "secondary", "digitised"]
BudgetUnit = Literal["queries", "steps", "unlimited", "unstated", "none"]

DEFAULTS = "defaults"
"""A `variant` that stands for a method's default settings."""

ACCURACY_METRICS = ("accuracy", "base accuracy", "new accuracy", "harmonic mean")


@dataclass(frozen=True)
class PublishedResult:
    """One published number.

    Attributes:
        source: who published it.
        address: where.
        table: table or figure.
        backbone: the CLIP model, in this project's names where it has one.
        protocol: in this project's names.
        shots: labelled images per class; 0 for zero-shot.
        published_as: the method's name in the source.
        method: the method's name here.
        variant: which settings of that method the source has run: a variant's name, or `defaults`;
            empty if that isn't known, or there is no such method here.
        dataset: the dataset's name here; `average` for means over the row's datasets.
        metric: what the number is.
        unit: of the number.
        value: the number.
        error: largest error of a digitised number, in its unit; 0 for printed numbers.
        budget: what training could spend, in `budget_unit`; None when not stated.
        budget_unit: `none` for methods that don't train.
        status: `primary` from the method's authors, `secondary` cited by others, `digitised` read
            off a figure.
        caveat: why it can't be compared with our results; empty if it can.
        note: anything else to know, such as a mean that doesn't match its row.
    """

    source: str
    address: str
    table: str
    backbone: str
    protocol: str
    shots: int
    published_as: str
    method: str
    variant: str
    dataset: str
    metric: str
    unit: str
    value: float
    error: float
    budget: Annotated[int | None, BeforeValidator(lambda text: text or None)]
    budget_unit: BudgetUnit
    status: Kind
    caveat: str
    note: str

    @property
    def place(self) -> str:
        """Source and table in one line."""
        return f"{self.source}, {self.table}"


_ROW = TypeAdapter(PublishedResult)


@cache
def published_results() -> tuple[PublishedResult, ...]:
    """All published results, in order of the table.

    Raises:
        ValueError: a row is malformed; says which, and why.
    """
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(_parse(row, line) for line, row in enumerate(rows, start=2))


def _parse(row: dict[str, str], line: int) -> PublishedResult:
    try:
        return _ROW.validate_python(row)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(
            f"{TABLE.name}, line {line}: {first['loc'][0]}: {first['msg']}, got {first['input']!r}"
        ) from None
