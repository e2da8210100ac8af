"""Files of plain numbers: curves, and what each cell ended with."""

from __future__ import annotations

import csv
import io

import pytest

from orchestrator.analysis.curves import band_of
from orchestrator.analysis.report.numbers import (
    CELL_COLUMNS,
    CURVE_COLUMNS,
    curves_csv,
    per_seed_csv,
)
from tests.orchestrator.analysis.report.cases import CASES
from tests.orchestrator.analysis.report.test_search_section import COMPARISON as SEARCHED


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", CASES)
def test_every_cell_has_a_row_and_every_value_is_a_number(name: str) -> None:
    case = CASES[name]
    found = rows(per_seed_csv(case))
    assert len(found) == len(case.finished) + len(case.failures) + len(case.unsound)
    for row in found:
        assert (row["status"] == "finished") == bool(row["accuracy"])
        for column in ("accuracy", "queries", "images", "seconds"):
            assert row[column] == "" or float(row[column]) >= 0
    for row in rows(curves_csv(case)):
        assert float(row["mean"]) >= 0
        assert bool(row["lower"]) == bool(row["upper"]) == (row["seeds"] != "1")


def test_a_curve_is_the_band_that_is_drawn() -> None:
    case = CASES["one dataset"]
    band = band_of([run for run in case.runs if run.method == "zip"])
    assert band is not None
    found = [row for row in rows(curves_csv(case)) if row["label"] == "zip"]
    assert [int(row["queries"]) for row in found] == list(band.queries)
    assert [float(row["upper"]) for row in found] == pytest.approx(band.upper, abs=1e-6)
    assert list(found[0]) == list(CURVE_COLUMNS)


def test_a_cell_says_what_it_was() -> None:
    row = next(row for row in rows(per_seed_csv(CASES["one dataset"])) if row["label"] == "zip")
    assert list(row) == list(CELL_COLUMNS)
    assert (row["dataset"], row["shots"], row["seed"], row["key"]) == (
        "dots", "16", "1", "dots-zip-16-1",
    )  # fmt: skip
    assert (row["queries"], row["images"], row["seconds"]) == ("1000", "128000", "2")


def test_runs_with_the_queries_of_a_search_are_there() -> None:
    assert "zip-longer" in {row["label"] for row in rows(per_seed_csv(SEARCHED))}
    assert "zip-longer" in {row["label"] for row in rows(curves_csv(SEARCHED))}
