"""A report is written whole, and says so when there is nothing to report."""

from pathlib import Path

import pytest

from orchestrator.analysis.queries_to_target import Target
from orchestrator.analysis.report import write_report
from orchestrator.errors import UserError
from tests.orchestrator.analysis.builders import make_run, zero_shot_run


def test_all_files_are_written(tmp_path: Path) -> None:
    runs = [zero_shot_run(40), make_run([(0, 30), (20, 50)])]
    report = write_report(runs, Target(gain=5), tmp_path / "report")
    names = {path.name for path in report.files}
    assert names == {"results.csv", "results.md", "curves_dots.png", "curves.png"}
    assert all(path.stat().st_size > 0 for path in report.files)
    assert [row.group.method for row in report.rows] == ["zero_shot", "zip"]


def test_nothing_finished_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing has finished yet"):
        write_report([], Target(), tmp_path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="can't be written"):
        write_report([make_run([(0, 1)])], Target(), tmp_path / "file")
