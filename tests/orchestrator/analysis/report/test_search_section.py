"""The section on a search: regret, the test of what was found, and all trials with their states."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.analysis.report.blocks import Section, TableBlock, Text, cell_of
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections import search, sections_of
from orchestrator.analysis.runs import Run
from orchestrator.analysis.search import Search, SearchFindings, SearchTrial
from tests.orchestrator.analysis.builders import make_run

TRIALS = (
    SearchTrial(0, {"clip": 3.0}, "complete", {"accuracy": 50.0}, 100, ("a",)),
    SearchTrial(1, {"clip": 0.1}, "pruned", {}, 20, ("b",)),
    SearchTrial(2, {"clip": 22.0}, "complete", {"accuracy": 56.0}, 100, ("c",)),
    SearchTrial(3, {"clip": 22.0}, "complete", {"accuracy": 56.0}, 100, ("c",)),
)
SEARCH = Search("zip", 5, TRIALS, best=TRIALS[2])


def run(method: str, seed: int, accuracy: float) -> Run:
    return make_run([(0, 30.0), (100, accuracy)], method=method, seed=seed)


RUNS = [run("zip", seed, 40.0 + seed) for seed in (1, 2, 3)]
RUNS += [run("zip-searched", seed, 42.0 + seed) for seed in (1, 2, 3)]
LONGER = tuple(run("zip-longer", seed, 47.0 + seed) for seed in (1, 2, 3))
FINDINGS = SearchFindings(SEARCH, ("accuracy",), {"accuracy": 54.0}, "zip-searched", LONGER)
COMPARISON = Comparison("searching", tuple(RUNS), search=FINDINGS)


def section(comparison: Comparison = COMPARISON) -> Section:
    found = search.section(comparison)
    assert found is not None
    return found


def tables(comparison: Comparison = COMPARISON) -> dict[str, list[list[str]]]:
    return {
        block.name: [[cell_of(cell).text for cell in row] for row in block.rows]
        for block in section(comparison).blocks
        if isinstance(block, TableBlock)
    }


def words(comparison: Comparison = COMPARISON) -> str:
    return " ".join(block.text for block in section(comparison).blocks if isinstance(block, Text))


def test_there_is_none_without_a_search() -> None:
    assert search.section(replace(COMPARISON, search=None)) is None


def test_queries_of_a_point_that_came_twice_count_once() -> None:
    assert SEARCH.queries == 220
    assert "4 of 5 trials of zip ended (3 complete, 1 pruned), for 220 queries" in words()


def test_regret_is_told_on_the_images_that_were_searched_on() -> None:
    assert "The best trial is 2: clip=22, with accuracy 56" in words()
    assert "zip as it stands has 54 on the same images: a regret of 2." in words()
    better = replace(FINDINGS, as_it_stands={"accuracy": 57.0})
    assert "regret of 1 in its favour" in words(replace(COMPARISON, search=better))


def test_what_was_found_is_tested_against_the_base_and_the_base_with_all_queries() -> None:
    (row,) = tables()["search_tested"]
    assert row[0] == "dots"
    assert row[3] == "2.0 ± 0.0"  # found minus base, paired by seed
    assert row[5] == "-5.0 ± 0.0"  # found minus base with the search's queries on top


def test_without_longer_runs_nothing_is_said_of_equal_queries() -> None:
    (row,) = tables(replace(COMPARISON, search=replace(FINDINGS, longer=())))["search_tested"]
    assert len(row) == 4


def test_pruned_trials_are_listed_without_a_value() -> None:
    rows = tables()["search_trials"]
    assert rows[1] == ["1", "0.1", "-", "pruned", "20"]
    assert rows[2] == ["2", "22", "56", "complete", "100"]


def test_it_is_part_of_the_report() -> None:
    assert search.TITLE in [part.title for part in sections_of(COMPARISON)]
    early = replace(FINDINGS, search=Search("zip", 5, TRIALS[1:2]), as_it_stands={}, longer=())
    assert "No trial came to its end yet" in words(Comparison("early", (), search=early))
