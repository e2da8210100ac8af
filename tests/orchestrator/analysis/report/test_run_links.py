"""Cells lead to their runs in MLflow where it is known where that is."""

from __future__ import annotations

from orchestrator.analysis.report.page import render
from orchestrator.analysis.report.run_links import found_by_key, linked_runs
from orchestrator.analysis.report.sections import sections_of
from tests.orchestrator.analysis.builders import make_run, zero_shot_run
from tests.orchestrator.analysis.report.cases import comparison, page

RUNS = [make_run([(0, 30), (10, 40)]), zero_shot_run(40)]


def test_each_cell_is_linked_by_its_key() -> None:
    case = comparison(RUNS)
    shown = render(case, sections_of(case), run_link=found_by_key("http://host:5000/", "7"))
    address = "http://host:5000/#/experiments/7/runs?workflowType=machine_learning&amp;searchFilter=tags.key%3D&#39;"
    for run in RUNS:
        assert f'<a href="{address}{run.trace.key}&#39;">{run.title}</a>' in shown


def test_nothing_is_said_of_runs_where_there_are_no_links() -> None:
    assert "Runs in MLflow" not in page("whole")
    assert linked_runs(RUNS, {}.get) == ()


def test_no_script_is_a_link() -> None:
    assert linked_runs(RUNS, lambda key: f"javascript:alert('{key}')") == ()
