"""Reads `published.csv`; README.md beside it says what the columns mean."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

TABLE = Path(__file__).parent / "published.csv"

Kind = Literal["primary", "rerun", "secondary", "digitised"]
CostUnit = Literal[
    "queries", "whole-set evaluations", "images", "steps", "unlimited", "unknown", "none"
]

DEFAULTS = "defaults"
"""A `variant` that stands for a method's default settings."""

ACCURACY_METRICS = ("accuracy", "base accuracy", "new accuracy", "harmonic mean")

UNCOUNTED: tuple[CostUnit, ...] = ("unlimited", "unknown")
"""Units of cost that come without a number."""

_EMPTY = BeforeValidator(lambda text: text or None)
_Count = Annotated[int, Field(ge=0)]
_Number = Annotated[float, Field(ge=0)]


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
        method: the method's name here, or the name that it would have.
        variant: which settings of that method the source has run: a variant's name, or `defaults`;
            empty if that isn't known, or there is no such method here.
        dataset: the dataset's name here; `average` for means over the row's datasets.
        metric: what the number is.
        unit: of the number.
        value: the number.
        error: largest error of a digitised number, in its unit; 0 for printed numbers.
        sd: standard deviation over seeds, in the number's unit; None when not stated.
        seeds: how many seeds the number is a mean of; None when not stated.
        cost: what training could spend, in `cost_unit`; None when not stated.
        cost_unit: what the source counts. `none` for methods that don't train.
        queries: the same cost in queries of 128 images; None where it can't be told.
        status: `primary` of the source's own method, `rerun` of another's that the source has run,
            `secondary` cited from others, `digitised` read off a figure.
        caveat: why it can't be compared with our results; empty if it can.
        note: anything else to know, such as a source that has another number.
    """

    source: str
    address: str
    table: str
    backbone: str
    protocol: str
    shots: _Count
    published_as: str
    method: str
    variant: str
    dataset: str
    metric: str
    unit: str
    value: _Number
    error: _Number
    sd: Annotated[_Number | None, _EMPTY]
    seeds: Annotated[_Count | None, _EMPTY]
    cost: Annotated[_Count | None, _EMPTY]
    cost_unit: CostUnit
    queries: Annotated[_Count | None, _EMPTY]
    status: Kind
    caveat: str
    note: str

    @property
    def place(self) -> str:
        """Source and table in one line."""
        return f"{self.source}, {self.table}"

    @property
    def identity(self) -> tuple[object, ...]:
        """What no two rows share: the same number, printed once."""
        subject = (self.backbone, self.protocol, self.shots, self.published_as, self.dataset)
        return (self.source, self.table, *subject, self.metric)


_ROW = TypeAdapter(PublishedResult)


@cache
def published_results() -> tuple[PublishedResult, ...]:
    """All published results, in order of the table.

    Raises:
        ValueError: a row is malformed, contradicts itself or is there twice; says which, and why.
    """
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines: dict[tuple[object, ...], int] = {}
    results = []
    for line, row in enumerate(rows, start=2):
        result = _parse(row, line)
        first = lines.setdefault(result.identity, line)
        wrong = f"the same number as in line {first}" if first != line else ""
        for reason in (wrong, *_contradictions(result)):
            if reason:
                raise ValueError(f"{TABLE.name}, line {line}: {reason}")
        results.append(result)
    return tuple(results)


def _parse(row: dict[str, Any], line: int) -> PublishedResult:
    try:
        return _ROW.validate_python(row)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(
            f"{TABLE.name}, line {line}: {first['loc'][0]}: {first['msg']}, got {first['input']!r}"
        ) from None


def _contradictions(row: PublishedResult) -> Iterator[str]:
    """What can't be true of one row."""
    unit = row.cost_unit
    if row.metric in ACCURACY_METRICS and (row.unit != "%" or row.value > 100):
        yield f"an accuracy must be at most 100 %, got {row.value:g} {row.unit}"
    if row.sd is not None and (row.seeds or 1) < 2:
        yield f"an sd needs 2 seeds or more, got sd {row.sd:g} and seeds {row.seeds}"
    if (row.cost is None) != (unit in UNCOUNTED):
        yield f"cost: {unit} {'has no number' if unit in UNCOUNTED else 'needs a number'}"
    if unit in ("queries", "none") and row.queries != row.cost:
        yield f"queries must be the cost, {row.cost}, where {unit} is its unit, got {row.queries}"
    if unit in UNCOUNTED and row.queries is not None:
        yield f"queries must be empty where the cost is {unit}, got {row.queries}"
    if (unit == "none") != (not row.shots and not row.cost):
        yield f"cost_unit must be none where there are no shots, and only there, got {unit}"
