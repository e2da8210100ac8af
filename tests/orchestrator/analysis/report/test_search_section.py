"""The section on a search: regret, the test of what was found, and all trials with their states."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.analysis.charts.chart import LineChart, ValueChart
from orchestrator.analysis.report.blocks import FigureBlock, TableBlock, Text, cell_of
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections import cost, search, sections_of
from orchestrator.analysis.runs import Run
from orchestrator.analysis.search import Search, SearchFindings, SearchTrial
from tests.orchestrator.analysis.builders import make_run

TRIALS = (
    SearchTrial(0, {"clip": 3.0}, "complete", {"accuracy": 50.0}, 100, ("a",)),
    SearchTrial(1, {"clip": 0.1}, "pruned", {}, 20, ("b",), last=31.0),
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


def tables(comparison: Comparison = COMPARISON) -> dict[str, list[list[str]]]:
    return {
        block.name: [[cell_of(cell).text for cell in row] for row in block.rows]
        for block in search.blocks(comparison)
        if isinstance(block, TableBlock)
    }


def figures(findings: SearchFindings = FINDINGS) -> dict[str, FigureBlock]:
    blocks = search.blocks(replace(COMPARISON, search=findings))
    return {block.name: block for block in blocks if isinstance(block, FigureBlock)}


def searched(*trials: SearchTrial, best: SearchTrial | None = None) -> SearchFindings:
    return replace(FINDINGS, search=Search("zip", 5, trials, best))


def words(comparison: Comparison = COMPARISON) -> str:
    return " ".join(block.text for block in search.blocks(comparison) if isinstance(block, Text))


def test_there_is_none_without_a_search() -> None:
    assert not list(search.blocks(replace(COMPARISON, search=None)))


def test_queries_of_a_point_that_came_twice_count_once() -> None:
    assert SEARCH.queries == 220
    assert "4 of 5 trials of zip ended (3 complete, 1 pruned), for 220 queries" in words()


def test_regret_is_told_on_the_images_that_were_searched_on() -> None:
    assert "The best trial is 2: clip=22, with accuracy 56" in words()
    baseline = "The baseline, zip as the spec has it, has 54 on the same images: a regret of 2."
    assert baseline in words()
    better = replace(FINDINGS, baseline={"accuracy": 57.0})
    assert "regret of 1 in its favour" in words(replace(COMPARISON, search=better))


def test_what_was_found_is_tested_against_the_base_and_the_base_with_all_queries() -> None:
    assert tables()["search_tested"] == [
        ["dots", "zip", "100", "42.0 ± 2.5", "-", "-2.0 ± 0.0"],
        ["dots", "zip-searched", "100", "44.0 ± 2.5", "2.0 ± 0.0", "-"],  # paired by seed
        ["dots", "zip-longer", "100", "49.0 ± 2.5", "7.0 ± 0.0", "5.0 ± 0.0"],
    ]
    assert "spent on zip itself, they won 7.0." in words()


def test_without_longer_runs_nothing_is_said_of_equal_queries() -> None:
    alone = replace(COMPARISON, search=replace(FINDINGS, longer=()))
    assert [row[1] for row in tables(alone)["search_tested"]] == ["zip", "zip-searched"]
    assert "has not been run yet" in words(alone)


def test_pruned_trials_are_listed_without_a_value() -> None:
    rows = tables()["search_trials"]
    assert rows[1] == ["1", "0.1", "-", "pruned", "20"]
    assert rows[2] == ["2", "22", "56", "complete", "100"]


def test_the_best_so_far_counts_queries_of_pruned_trials_and_of_no_point_twice() -> None:
    (chart,) = figures()["search_progress"].charts
    assert isinstance(chart, LineChart)
    (line,) = chart.lines
    assert (line.x, line.y) == ((100, 120, 220), (50.0, 50.0, 56.0))
    assert chart.levels == (("zip (baseline)", 54.0),)


def test_the_best_so_far_falls_where_fewer_queries_are_better() -> None:
    trials = [
        SearchTrial(n, {"clip": 1.0}, "complete", {"queries_to_target": value}, 10, (str(n),))
        for n, value in enumerate([70.0, 90.0, 40.0])
    ]
    found = replace(searched(*trials), objectives=("queries_to_target",), baseline={})
    (chart,) = figures(found)["search_progress"].charts
    assert isinstance(chart, LineChart)
    assert chart.lines[0].y == (70.0, 70.0, 40.0)
    assert (chart.levels, chart.bounds) == ((), None)


def test_each_trial_is_a_dot_over_each_setting_and_pruned_ones_are_rings() -> None:
    block = figures(replace(FINDINGS, logarithmic=frozenset({"clip"})))["search_clip"]
    (chart,) = block.charts
    assert isinstance(chart, ValueChart)
    assert {line.label: list(zip(line.x, line.y, strict=True)) for line in chart.lines} == {
        "complete": [(3.0, 50.0), (22.0, 56.0)],
        "pruned": [(0.1, 31.0)],
        "best": [(22.0, 56.0)],
    }
    assert [line.label for line in chart.lines if line.hollow] == ["pruned"]
    assert (chart.log, chart.joined, chart.ticks) == (True, False, ())
    assert "Rings: pruned trials" in block.caption


def test_settings_without_an_order_stand_side_by_side() -> None:
    trials = [
        SearchTrial(n, {"law": law}, "complete", {"accuracy": 50.0 + n}, 10, (str(n),))
        for n, law in enumerate(["gaussian", "rademacher", "gaussian"])
    ]
    block = figures(searched(*trials))["search_law"]
    (chart,) = block.charts
    assert isinstance(chart, ValueChart)
    assert chart.ticks == ((0.0, "gaussian"), (1.0, "rademacher"))
    assert chart.lines[0].x == (0.0, 0.0, 1.0)
    assert "Rings" not in block.caption


def test_a_single_trial_is_not_drawn() -> None:
    assert figures(searched(TRIALS[0], best=TRIALS[0])) == {}


def test_it_is_part_of_the_report() -> None:
    assert "Search" in [part.title for part in sections_of(COMPARISON)]
    early = replace(FINDINGS, search=Search("zip", 5, TRIALS[1:2]), baseline={}, longer=())
    assert "No trial came to its end yet" in words(Comparison("early", (), search=early))


def test_the_queries_of_all_trials_are_the_cost_of_what_was_found() -> None:
    block = next(b for b in cost.blocks(COMPARISON) if isinstance(b, TableBlock))
    place = block.header.index("tuning queries")
    assert {str(row[0]): row[place] for row in block.rows} == {"zip": "0", "zip-searched": "220"}
