"""A report is written whole, and says so when there is nothing to report."""

from pathlib import Path

import pytest

from orchestrator.analysis.report.write import write_report
from orchestrator.errors import UserError
from tests.orchestrator.analysis.report.cases import CASES, comparison


def test_all_files_are_written(tmp_path: Path) -> None:
    report = write_report(CASES["several shots"], tmp_path / "report")
    names = {path.relative_to(report.folder).as_posix() for path in report.files}
    assert {"report.html", "results.csv", "results.md"} <= names
    assert {
        "figures/curves.png",
        "figures/curves_dots_4_shots.png",
        "figures/ranks_4_shots.png",
    } <= names
    assert {"tables/accuracy_4_shots.csv", "tables/accuracy_4_shots.tex"} <= names
    assert all(path.stat().st_size > 0 for path in report.files)
    assert report.page == tmp_path / "report" / "report.html"


def test_many_methods_have_summaries_and_numbers_apart(tmp_path: Path) -> None:
    report = write_report(CASES["field"], tmp_path)
    names = {path.relative_to(report.folder).as_posix() for path in report.files}
    assert [table.name for table in report.headlines] == ["accuracy", "at_queries"]
    assert {"tables/accuracy.tex", "tables/at_queries.tex", "tables/tests_at_queries.tex"} <= names
    assert "tables/at_queries_by_dataset.csv" in names
    assert "tables/at_queries_by_dataset.tex" not in names
    assert {name for name in names if name.startswith("figures/mean_curve")} == {
        "figures/mean_curve.png", "figures/mean_curve_by_access.png",
    }  # fmt: skip
    assert not any("queries_to_target.png" in name for name in names)
    written = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert written.startswith("## accuracy after the last query (%)\n\n| method |")
    assert "| *soft context* |" in written


def test_failures_alone_are_a_report(tmp_path: Path) -> None:
    report = write_report(CASES["all failed"], tmp_path)
    assert report.rows == ()
    assert "nothing to compare" in report.page.read_text(encoding="utf-8")


def test_nothing_finished_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing has finished yet"):
        write_report(comparison([]), tmp_path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="can't be written"):
        write_report(CASES["one dataset"], tmp_path / "file")
