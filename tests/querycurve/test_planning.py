"""What a run would do, as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

import querycurve as qc
from tests.querycurve.conftest import SPEC


def test_a_plan_says_of_each_cell_what_a_run_would_do(filled: Path) -> None:
    planned = qc.plan(SPEC, filled, set={"seeds": [1, 2, 3]})
    states = planned.cells.groupby("state").size().to_dict()
    assert states == {"done": 9, "failed": 1, "new": 4}
    assert planned.queries_left == 5 * 100
    assert planned.cells.set_index("label").loc["zip"].queries.unique().tolist() == [100]


def test_a_summary_has_a_row_for_each_dataset_and_label(filled: Path) -> None:
    summary = qc.plan(SPEC, filled).summary.set_index(["dataset", "label"])
    assert summary.loc[("pocket_outlines", "tight")].to_dict() == {
        "done": 1,
        "failed": 1,
        "queries_left": 100,
    }


def test_a_plan_reads_well_in_a_notebook_and_elsewhere(filled: Path) -> None:
    planned = qc.plan(SPEC, filled)
    assert repr(planned).startswith("small: 10 cells (9 done, 1 failed); 100 queries left to spend")
    assert "<p>small: 10 cells" in planned._repr_html_()
    assert "<table" in planned._repr_html_()


def test_what_can_not_run_has_a_reason(filled: Path) -> None:
    planned = qc.plan(SPEC, filled, set={"datasets": ["pocket_dots", "dtd"]})
    missing = planned.cells.query("state == 'skipped'")
    assert set(missing.dataset) == {"dtd"}
    assert missing.reason.str.contains("is not there").all()
    assert any(note.startswith("skipped: dtd") for note in planned.notes)


def test_work_under_two_labels_is_paid_once(tmp_path: Path) -> None:
    twice = {**SPEC, "methods": ["zip", {"name": "zip", "label": "again"}]}
    planned = qc.plan(twice, tmp_path)
    assert planned.queries_left == 2 * 2 * 100
    assert planned.headline.startswith("small: 4 cells (4 new)")
    assert set(planned.cells.query("label == 'again'").same_as) == {"zip"}


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    qc.plan(SPEC, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_wrong_spec_is_refused_in_a_sentence() -> None:
    with pytest.raises(qc.UserError, match="Did you mean: zip"):
        qc.plan({**SPEC, "methods": ["zipp"]})
    with pytest.raises(qc.UserError, match="Did you mean: demo"):
        qc.plan("demmo")
