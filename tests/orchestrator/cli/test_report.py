"""The verb `report`: the page, the tables, and what is shown of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.orchestrator.cli.verbs import Said, fill, querycurve, write_spec


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    fill(folder / "store", write_spec(folder))
    return folder


@pytest.fixture(scope="module")
def said(folder: Path) -> Said:
    return querycurve("report", folder / "small.yaml", "--store", folder / "store")


def test_the_comparison_is_shown_and_where_the_page_is(folder: Path, said: Said) -> None:
    assert (said.code, said.err) == (0, "")
    assert "small: mean ± 95 % t-interval over 1 or 2 seeds" in said.out
    # seeds 1 and 2 of zip reach 61 and 62; the target is zero-shot's 40 plus 5
    assert said.rows["pocket_dots", "zip"] == ["61.5", "±", "6.4", "45.0", "(2/2)", "200"]
    assert said.rows["pocket_dots", "bar"] == ["51.5", "±", "6.4", "45.0", "(2/2)", "200"]
    assert said.rows["pocket_dots", "zero_shot"] == ["40.0", "-", "-"]
    # the failed seed counts among those that did not reach it
    assert said.rows["pocket_outlines", "zip"][:3] == ["61.0", "45.0", "(1/2)"]
    assert (said.rows["strings", "zero_shot"], said.rows["soft", "context"]) == ([], ["zip"])
    reports = folder / "store" / "reports" / "small"
    assert said.out.splitlines()[-2:] == [
        f"figures and tables: {reports}",
        f"report: {reports / 'report.html'}",
    ]


def test_the_page_names_failures_gaps_and_money(folder: Path, said: Said) -> None:
    page = (folder / "store" / "reports" / "small" / "report.html").read_text(encoding="utf-8")
    assert "ValueError: loss is not finite" in page
    assert "1 cell failed; see Failures." in page
    assert "2 cells of the plan have no result yet" in page
    assert "money (EUR)" in page


def test_its_files_hold_what_was_measured(folder: Path, said: Said) -> None:
    reports = folder / "store" / "reports" / "small"
    with (reports / "results.csv").open(encoding="utf-8") as file:
        rows = {(row["dataset"], row["method"]): row for row in csv.DictReader(file)}
    assert float(rows["pocket_dots", "zip"]["accuracy"]) == 61.5
    assert float(rows["pocket_dots", "zip"]["expected_queries"]) == 200
    with (reports / "tables" / "cost.csv").open(encoding="utf-8") as file:
        costs = {row["method"]: row for row in csv.DictReader(file)}
    # three runs of 200 queries at 2.50 for a thousand
    assert costs["zip"]["queries"] == "600"
    assert costs["zip"]["money (EUR)"] == "1.50"
    assert costs["zip"]["seconds"] == "10,800.0"
    assert costs["zip"]["access"] == "soft context"
    assert (reports / "figures" / "curves.png").stat().st_size > 10_000


def test_it_goes_where_it_is_told(folder: Path, tmp_path: Path) -> None:
    spec, out = write_spec(tmp_path, methods=["zero_shot"]), tmp_path / "elsewhere"
    said = querycurve("report", spec, "--store", folder / "store", "--out", out)
    assert said.code == 0
    assert said.out.splitlines()[-1] == f"report: {out / 'report.html'}"
    written = (out / "results.md").read_text(encoding="utf-8")
    assert written.startswith("## accuracy after the last query (%)\n\n| dataset | zero_shot |")
    assert "\n| dataset | method |" in written


def test_without_results_there_is_nothing_to_report(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = querycurve("report", write_spec(tmp_path), "--store", tmp_path / "empty")
    assert (said.code, said.out) == (2, "")
    assert said.err == f"error: nothing has finished yet in {tmp_path}/empty. Run it first.\n"


@pytest.mark.parametrize("verb", ["report", "track", "compare"])
def test_a_store_that_is_not_there_is_said_and_not_made(verb: str, tmp_path: Path) -> None:
    said = querycurve(verb, write_spec(tmp_path), "--store", tmp_path / "none")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"error: there is no store at {tmp_path}/none: nothing has run with this --store yet, or "
        f"its path is wrong.\n"
    )
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_written_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    said = querycurve("report", folder / "small.yaml", "--store", folder / "store", "--out", out)
    assert said.code == 2
    assert said.err.startswith(f"error: the report can't be written to {out}: ")


@pytest.mark.parametrize(
    ("place", "kind", "reason"),
    [
        ("out", "file", "something that is no folder is in the way (PLACE)"),
        ("out", "link", "something that is no folder is in the way (PLACE)"),
        ("out/report.html", "folder", "Is a directory (PLACE)"),
    ],
)
def test_what_is_in_the_way_of_a_report_is_named(
    place: str, kind: str, reason: str, folder: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / place, tmp_path / "out"
    if kind == "folder":
        path.mkdir(parents=True)
    elif kind == "file":
        path.write_text("")
    else:
        path.symlink_to("/a/disk/that/is/not/there")
    said = querycurve("report", folder / "small.yaml", "--store", folder / "store", "--out", out)
    assert said.code == 2
    assert f"to {out}: {reason.replace('PLACE', str(path))}. `querycurve report" in said.err
