"""A target where the spec names none, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.analysis.report.blocks import FigureBlock, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.default_target import with_target
from orchestrator.analysis.report.sections import targets
from orchestrator.spec.spec import ReportSpec
from tests.orchestrator.analysis.builders import make_run, zero_shot_run
from tests.orchestrator.analysis.report.cases import CASES, QUESTION, comparison


def unasked(name: str) -> Comparison:
    return with_target(replace(CASES[name], question=ReportSpec()))


def test_it_is_half_of_the_best_gain_over_zero_shot() -> None:
    found = unasked("whole")
    # zip ends 15.8 points above zero-shot: 14 + 0.4 x 2 + 1
    assert found.question.target_gain == 7.9
    assert "half of the highest gain over zero-shot, which zip has: 7.9 points" in (
        found.chosen_target
    )
    assert "chosen after the results were seen" in found.chosen_target


def test_methods_that_are_ranked_apart_do_not_set_it_for_the_others() -> None:
    assert CASES["accesses"].track("deeper") != "plain box"  # and it is the best
    assert "which probe has" in unasked("accesses").chosen_target


def test_there_is_none_that_all_runs_reach_before_their_first_query() -> None:
    falling = [make_run([(0, 30.0), (1000, 20.0)])]
    assert with_target(comparison(falling, question=ReportSpec())).chosen_target == ""


def test_the_section_is_not_empty_and_says_so_first() -> None:
    note, figure, table = targets.blocks(unasked("whole"))
    assert isinstance(note, Text)
    assert note.text.startswith("The spec names no target, so")
    assert isinstance(figure, FigureBlock)
    assert isinstance(table, TableBlock)


def test_a_target_that_is_named_stays() -> None:
    found = with_target(CASES["whole"])
    assert (found.question, found.chosen_target) == (QUESTION, "")


def test_without_a_gain_it_is_an_accuracy_half_way() -> None:
    found = unasked("no zero-shot")
    assert found.question.target_accuracy is not None
    assert "half way from where runs started to where zip ended" in found.chosen_target
    assert "and zero-shot has not run, so" in found.chosen_target
    reached = [row for row in found.rows if row.target is not None and row.target.successes]
    assert reached


def test_a_zero_shot_that_nothing_beats_is_no_start() -> None:
    high = [zero_shot_run(90), *(run for run in CASES["one dataset"].runs if run.shots)]
    found = with_target(comparison(high, question=ReportSpec()))
    assert found.question.target_gain is None
    assert "and no method ends above zero-shot, so" in found.chosen_target
    assert any(row.target is not None and row.target.successes for row in found.rows)


def test_where_nothing_trains_there_is_none() -> None:
    assert unasked("only zero-shot").question.target_title == ""
    assert with_target(comparison([], question=ReportSpec())).chosen_target == ""
