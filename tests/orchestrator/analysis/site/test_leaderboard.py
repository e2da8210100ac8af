"""What shares a leaderboard, in which order, and what is told apart in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from orchestrator.analysis.report.blocks import TableBlock, cell_of
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections import summary
from orchestrator.analysis.runs import Run
from orchestrator.analysis.search import Search, SearchFindings, SearchTrial
from orchestrator.analysis.site.entry import Experiment, without_number
from orchestrator.analysis.site.files import leaderboard_csv
from orchestrator.analysis.site.leaderboard import Leaderboard, leaderboards_of
from tests.orchestrator.analysis.builders import make_run, moved_run, seeing, zero_shot_run
from tests.orchestrator.analysis.report.cases import CASES, grid

TWO = ("dots", "letters")


def of(name: str, runs: Sequence[Run]) -> Experiment:
    return Experiment(name, name, Comparison(name, tuple(runs)))


def with_cell(run: Run, **fields: Any) -> Run:
    """The same run under another key, of a cell with other fields."""
    told = "-".join(map(str, fields.values()))
    trace = replace(run.trace, key=run.trace.key + told, cell={**run.trace.cell, **fields})
    return replace(run, trace=trace)


def with_end(run: Run, accuracy: float) -> Run:
    """The same cell with another result."""
    points = (*run.trace.points[:-1], run.trace.points[-1]._replace(value=accuracy))
    return replace(run, trace=replace(run.trace, points=points))


def of_split(run: Run, digest: str) -> Run:
    return replace(run, trace=replace(run.trace, provenance={"split": digest}))


def names(board: Leaderboard) -> list[tuple[int, str]]:
    return [(row.rank, row.name) for row in board.rows]


def test_methods_are_ranked_with_the_numbers_of_the_reports_own_table() -> None:
    experiment = of("whole", grid(TWO))
    (board,) = leaderboards_of([experiment])
    assert names(board) == [(1, "zip"), (2, "bptvlm"), (3, "bar"), (4, "zero_shot")]
    (table,) = [b for b in summary.blocks(experiment.comparison) if isinstance(b, TableBlock)]
    mean = dict(zip(table.header, map(cell_of, table.rows[-1]), strict=True))
    assert {row.name: row.entry.number.text for row in board.rows} == {
        name: cell.text for name, cell in mean.items() if name != "dataset"
    }
    assert [row.entry.queries_text for row in board.rows] == ["1,000"] * 3 + ["0"]
    assert [row.entry.seeds for row in board.rows] == [(1, 2, 3)] * 3 + [(0,)]


def test_on_one_dataset_the_interval_is_that_of_its_seeds() -> None:
    runs = [make_run([(100, value)], seed=seed) for seed, value in ((1, 60.0), (2, 62.0))]
    (board,) = leaderboards_of([of("one", runs)])
    assert board.rows[0].entry.number.text == "61.0 ± 12.7"
    assert board.title == "few_shot, 16 shots, on dots"


def test_who_is_level_as_shown_shares_a_rank() -> None:
    runs = [
        make_run([(100, value)], method=name)
        for name, value in (("zip", 60.04), ("bar", 59.96), ("bptvlm", 50.0))
    ]
    (board,) = leaderboards_of([of("level", runs)])
    assert [rank for rank, _ in names(board)] == [1, 1, 3]


def test_nothing_incomparable_shares_a_table() -> None:
    runs = grid(TWO)
    others = [
        of("plain", runs),
        of("budget", [with_cell(run, budget=500) for run in runs]),
        of("backbone", [with_cell(run, backbone="sha256:ab") for run in runs]),
        of("precision", [with_cell(run, precision="bf16") for run in runs]),
        of("protocol", [with_cell(run, protocol="base_to_new") for run in runs]),
        of("answers", [seeing(run, kind="top", top=5) for run in runs]),
        of("shots", grid(TWO, shots=(4,))),
        of("datasets", grid(("dots", "outlines"))),
    ]
    boards = leaderboards_of(others)
    assert len(boards) == len(others)
    assert [{row.entry.experiments for row in board.rows} for board in boards] == [
        {(one.name,)} for one in others
    ]
    assert len({board.title for board in boards}) == len(others) - 1  # datasets are in the caption


def test_answers_of_one_report_are_apart_and_zero_shot_stands_beside_each() -> None:
    boards = leaderboards_of([of("answers", CASES["answers"].runs)])
    assert {board.conditions.answers: {name for _, name in names(board)} for board in boards} == {
        "logits": {"bar", "bptvlm", "zero_shot"},
        "top 5": {"zip", "zero_shot"},
    }


def test_inner_layers_have_a_table_of_their_own() -> None:
    boards = leaderboards_of([of("accesses", CASES["accesses"].runs)])
    tracks = {board.conditions.track: {name for _, name in names(board)} for board in boards}
    assert tracks["translucent box"] == {"deep", "deeper"}
    assert {"zip", "zero_shot", "watcher‡"} <= tracks["plain box"]


def test_equal_cells_appear_once_and_lead_to_both_reports() -> None:
    (board,) = leaderboards_of([of("one", grid(TWO)), of("two", grid(TWO))])
    assert len(board.rows) == 4
    assert {row.entry.experiments for row in board.rows} == {("one", "two")}
    assert board.remarks == ()


def test_one_label_with_other_settings_is_told_apart() -> None:
    runs = grid(TWO)
    method = {"name": "zip", "settings": {"rank": 8}}
    changed = [with_cell(run, method=method) if run.method == "zip" else run for run in runs]
    (board,) = leaderboards_of([of("one", runs), of("two", changed)])
    assert {"zip (one)", "zip (two)", "bar"} < {name for _, name in names(board)}
    assert board.remarks == ("zip (one) has rank 5; zip (two) has rank 8.",)


def test_other_seeds_and_other_results_are_told_apart_too() -> None:
    runs = grid(TWO)
    fewer = [run for run in runs if run.method != "zip" or run.seed < 3]
    (board,) = leaderboards_of([of("one", runs), of("two", fewer)])
    assert board.remarks == ("zip (one) has seeds 1, 2, 3; zip (two) has seeds 1, 2.",)
    moved = [with_end(run, 70.0) if run.method == "zip" else run for run in runs]
    (board,) = leaderboards_of([of("one", runs), of("two", moved)])
    assert "the same cells with other results" in board.remarks[0]


def test_other_images_under_the_same_names_are_apart() -> None:
    runs = grid(TWO)
    boards = leaderboards_of(
        [
            of("one", [of_split(run, f"a{run.seed}") for run in runs]),
            of("two", [of_split(run, f"b{run.seed}") for run in runs]),
            of("three", [of_split(run, f"a{run.seed}") for run in runs]),
        ]
    )
    assert [board.rows[0].entry.experiments for board in boards] == [("one", "three"), ("two",)]
    assert "hold other images" in boards[1].remarks[0]


def test_a_transfer_is_one_table_of_its_protocol() -> None:
    runs = [make_run([(100, 60.0)], dataset="imagenet"), zero_shot_run(50, "imagenet")]
    runs += [moved_run("dots", 40, 1), zero_shot_run(30)]
    (board,) = leaderboards_of([of("transfer", runs)])
    assert (board.conditions.protocol, board.conditions.sources) == (
        "cross_dataset",
        ("imagenet",),
    )
    assert names(board) == [(1, "zip"), (2, "zero_shot")]
    assert board.rows[0].entry.queries == 100, "those that trained it"


def test_a_source_is_beside_the_mean_of_targets_and_not_in_it() -> None:
    runs = [make_run([(100, 90.0)], dataset="imagenet"), zero_shot_run(40, "imagenet")]
    for name, accuracy in (("dots", 44), ("letters", 46)):
        runs += [moved_run(name, accuracy, 1), zero_shot_run(50, name)]
    (board,) = leaderboards_of([of("transfer", runs)])
    assert names(board) == [(1, "zero_shot"), (2, "zip")], "whatever they reach on the source"
    assert [row.entry.number.text for row in board.rows] == ["50.0", "45.0"]
    assert board.title == "cross_dataset, 16 shots, prompts from imagenet, mean of 2 targets"
    source = [row.entry.beside("source") for row in board.rows]
    assert [one.text for one in source if one] == ["40.0", "90.0"]


def test_new_classes_count_as_base_classes_do() -> None:
    runs = [
        make_run([(100, base)], dataset=name, method=method, new_accuracy=new)
        for name in TWO
        for method, base, new in (("zip", 80.0, 60.0), ("bar", 90.0, 30.0))
    ]
    (board,) = leaderboards_of([of("both", [with_cell(r, protocol="base_to_new") for r in runs])])
    assert names(board) == [(1, "zip"), (2, "bar")], "bar has the better base accuracy"
    assert board.title == (
        "base_to_new, 16 shots, harmonic mean of base and new classes, mean of 2 datasets"
    )
    first = board.rows[0].entry
    beside = [first.beside(name) for name in board.beside]
    assert [one.text for one in (first.number, *beside) if one] == ["68.6", "80.0", "60.0"]
    other = [with_cell(make_run([(100, 99.0)], dataset=n), protocol="base_to_new") for n in TWO]
    assert len(leaderboards_of([of("both", runs), of("base", other)])) == 2, "no H, no table of it"


def test_equal_base_accuracies_with_other_new_ones_are_no_equal_result() -> None:
    one, other = (
        [make_run([(100, 80.0)], dataset=name, new_accuracy=new) for name in TWO]
        for new in (60.0, 30.0)
    )
    (board,) = leaderboards_of([of("one", one), of("other", other)])
    assert names(board) == [(1, "zip (one)"), (2, "zip (other)")]
    assert "the same cells with other results" in board.remarks[0]


def test_queries_of_a_search_are_told() -> None:
    runs = grid(TWO)
    trial = SearchTrial(0, {}, "complete", {}, 3000)
    search = SearchFindings(Search("zip", 1, (trial,), trial), ("accuracy",), {}, "zip")
    (board,) = leaderboards_of([Experiment("s", "s", Comparison("s", tuple(runs), search=search))])
    assert board.rows[0].entry.queries_text == "1,000 + 3,000 of a search"


def test_without_a_dataset_that_all_have_there_is_no_number() -> None:
    experiment = of("apart", [make_run([(9, 50.0)]), zero_shot_run(40, "letters")])
    assert leaderboards_of([experiment]) == ()
    assert without_number(experiment) == {16: "no dataset has results of all methods yet"}
    assert leaderboards_of([of("failed", CASES["all failed"].runs)]) == ()


def test_the_file_has_the_numbers_of_the_tables() -> None:
    boards = leaderboards_of([of("one", grid(TWO)), of("two", grid(("dots",)))])
    rows = list(csv.DictReader(io.StringIO(leaderboard_csv(boards))))
    assert [(row["table"], row["rank"], row["method"], row["shown"]) for row in rows] == [
        (str(number), str(row.rank), row.name, row.entry.number.text)
        for number, board in enumerate(boards, 1)
        for row in board.rows
    ]
    assert rows[0]["datasets"] == "dots;letters"
    assert (rows[3]["lower"], rows[3]["upper"]) == ("", ""), "zero-shot has no interval"
    assert {(row["measure"], row["base"], row["source"]) for row in rows} == {("accuracy", "", "")}


def test_the_file_has_what_stands_beside_the_numbers() -> None:
    both = [make_run([(100, 80.0)], new_accuracy=60.0), make_run([(100, 90.0)], dataset="imagenet")]
    boards = leaderboards_of([of("b", both[:1]), of("t", [both[1], moved_run("dots", 44, 1)])])
    rows = list(csv.DictReader(io.StringIO(leaderboard_csv(boards))))
    shown = ("measure", "value", "base", "new", "source")
    assert [tuple(row[name] for name in shown) for row in rows] == [
        ("harmonic mean", "68.571429", "80", "60", ""),
        ("accuracy on targets", "44", "", "", "90"),
    ]
