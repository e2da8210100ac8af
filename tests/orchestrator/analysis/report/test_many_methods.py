"""What a report of far more methods than datasets shows, and what it leaves out."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from orchestrator.analysis.charts.chart import LineChart
from orchestrator.analysis.report.blocks import Block, FigureBlock, TableBlock, Text, cell_of
from orchestrator.analysis.report.files import as_csv
from orchestrator.analysis.report.sections import at_queries, base_to_new, significance
from orchestrator.spec.spec import ReportSpec
from tests.orchestrator.analysis.builders import make_run
from tests.orchestrator.analysis.report.cases import CASES, comparison, sections
from tests.orchestrator.analysis.report.field import AT, SETS, field

FIELD = CASES["field"]


def blocks(title: str) -> tuple[Block, ...]:
    return next(section.blocks for section in sections("field") if section.title == title)


def tables(found: Any) -> dict[str, TableBlock]:
    return {block.name: block for block in found if isinstance(block, TableBlock)}


def figures(title: str) -> dict[str, tuple[LineChart, ...]]:
    return {
        block.name: tuple(chart for chart in block.charts if isinstance(chart, LineChart))
        for block in blocks(title)
        if isinstance(block, FigureBlock)
    }


def texts(row: tuple[Any, ...]) -> list[str]:
    return [cell_of(cell).text for cell in row]


def test_methods_are_rows_in_groups_by_access_and_sorted_by_mean() -> None:
    table = tables(blocks("Accuracy"))["accuracy"]
    assert table.header == ("method", *SETS, "mean of 7")
    assert list(dict.fromkeys(table.row_groups)) == [
        "strings", "strings with readout", "pixels", "soft context", "soft context with readout",
        "soft context + visual tokens", "inner layers (translucent box)",
    ]  # fmt: skip
    for group in set(table.row_groups):
        means = [
            float(texts(row)[-1].split()[0])
            for row, of in zip(table.rows, table.row_groups, strict=True)
            if of == group
        ]
        assert means == sorted(means, reverse=True)
    best = {str(row[0]) for row in table.rows if cell_of(row[-1]).best}
    assert best == {"gauss@readout", "layers"}


def test_accuracy_at_equal_queries_is_what_had_been_reached() -> None:
    table = tables(blocks("Accuracy at equal queries"))["at_queries"]
    assert table.header == ("method", *(f"{step:,} queries" for step in AT))
    rows = {str(row[0]): texts(row)[1:] for row in table.rows}
    assert len(set(rows["early"])) == 1, "it stops after 2 queries, and keeps what it has"
    assert set(rows["zero_shot"]) == {"46.0"}
    assert rows["gauss@readout"][0].startswith("74.0 [")
    final = tables(blocks("Accuracy"))["accuracy"]
    ends = {str(row[0]): texts(row)[-1] for row in final.rows}
    assert ends == {name: cells[-1] for name, cells in rows.items()}
    bold = [{str(r[0]) for r in table.rows if cell_of(r[c]).best} for c in range(1, 6)]
    assert bold[0] == {"early", "layers"}, "the best of each track"
    assert bold[-1] == {"gauss@readout", "layers"}


def test_every_dataset_at_equal_queries_is_a_file_of_numbers() -> None:
    block = tables(blocks("Accuracy at equal queries"))["at_queries_by_dataset"]
    assert block.numbers_only
    rows = list(csv.DictReader(io.StringIO(as_csv(block))))
    assert len(rows) == 26 * 7 * 5
    (first,) = (
        row
        for row in rows
        if (row["dataset"], row["method"], row["queries"]) == ("made_dots", "early", "100")
    )
    assert (first["access"], first["track"], first["seeds"]) == (
        "strings with readout", "plain box", "3",
    )  # fmt: skip
    assert 60 < float(first["accuracy"]) < 66
    assert float(first["half_width"]) > 0


def test_numbers_of_queries_are_the_specs_or_a_ladder() -> None:
    assert FIELD.at_queries == AT
    assert field(measured_at=()).at_queries == (100, 250, 500, 1000, 2000)
    assert field(question=ReportSpec(at=(10, 70))).at_queries == (10, 70)
    assert CASES["only zero-shot"].at_queries == ()
    assert list(at_queries.blocks(CASES["only zero-shot"])) == []


def test_the_overview_names_the_best_of_each_group_and_all_others_are_grey() -> None:
    (chart,) = figures("Accuracy over queries")["mean_curve"]
    named = [line.label for line in chart.lines if not line.faint]
    assert named == [
        "gauss@readout", "early", "soft-gauss", "layers", "tandem", "words@proposals",
        "tinted@one-sided", "zero_shot",
    ]  # fmt: skip
    assert len(chart.lines) == 26
    assert len({line.look.colour for line in chart.lines if not line.faint}) == len(named)
    assert chart.ticks == AT
    assert chart.lines[0].note == "· soft context with readout · 77.1"


def test_whoever_is_ahead_at_some_number_of_queries_is_in_colour() -> None:
    fast = [
        make_run([(0, 30), (100, 90), (250, 30)], dataset=name, method="rocket", seed=seed)
        for name in SETS
        for seed in (1, 2, 3)
    ]
    case = comparison([*FIELD.runs, *fast], measured_at=AT)
    assert "rocket" in [who.method for who in case.leaders(16)]


@pytest.mark.parametrize(
    "asked", [ReportSpec(reference="frame"), ReportSpec(reference="rocket", against=("frame",))]
)
def test_methods_that_the_spec_names_are_in_colour(asked: ReportSpec) -> None:
    assert "frame" not in [who.method for who in FIELD.leaders(16)]
    assert "frame" in [who.method for who in field(question=asked).leaders(16)]


def test_each_group_has_a_chart_with_its_best_in_front() -> None:
    charts = figures("Accuracy over queries")["mean_curve_by_access"]
    assert len(charts) == 7
    soft = next(chart for chart in charts if chart.title == "soft context")
    named = [line for line in soft.lines if not line.faint]
    assert len(named) == 11
    assert [line.label for line in named if line.main] == [
        "soft-gauss", "soft-one-plus-one", "soft-evolved@crafted",
    ]  # fmt: skip
    assert all(bool(line.lower) == line.main for line in named)
    assert len({line.look for line in named}) == 11
    ends = [line.y[-1] for line in soft.lines]
    assert ends == sorted(ends, reverse=True)


def test_lines_go_to_the_end_of_the_budget() -> None:
    for charts in figures("Accuracy over queries").values():
        for chart in charts:
            start, end = chart.span
            assert start < 100
            assert end > 2000
            assert {(line.x[0], line.x[-1]) for line in chart.drawn} == {(start, end)}


def test_few_methods_share_one_chart_as_before() -> None:
    found = next(s.blocks for s in sections("whole") if s.title == "Accuracy over queries")
    first = found[0]
    assert isinstance(first, FigureBlock)
    (chart,) = first.charts
    assert isinstance(chart, LineChart)
    assert chart.ticks == ()
    assert not any(line.faint or line.main for line in chart.lines)


def test_bars_that_would_be_too_many_are_a_table_and_it_says_so() -> None:
    found = blocks("Queries to target")
    assert not any(isinstance(block, FigureBlock) for block in found)
    known = tables(found)
    assert "There is no picture: it would have 168 bars" in known["expected_queries"].caption
    assert known["expected_queries"].header == ("method", *SETS)
    assert texts(known["expected_queries"].rows[2])[1] == "2 (3/3)"
    assert known["queries_to_target"].numbers_only


def test_that_no_test_can_find_anything_is_one_plain_sentence() -> None:
    found = blocks("Tests at equal queries")
    (note,) = [block.text for block in found if isinstance(block, Text)]
    assert note.startswith("None of these 23 tests can find a significant difference, whatever")
    assert "At most 3 tests could come below 0.05." in note
    assert "`against`" in note
    (summary_note,) = [block.text for block in blocks("Accuracy") if isinstance(block, Text)]
    assert summary_note.startswith("None of these 23 tests")
    rows = {str(row[0]): row for row in tables(found)["tests_at_queries"].rows}
    assert texts(rows["gauss@readout"])[1:] == ["+1.3, 7:0, 0.36", *["best"] * 4]
    assert "layers" not in rows or texts(rows["layers"])[1] == "best"
    assert cell_of(rows["layers@input"][1]).mark == "†", "the only test of its track"


NAMED = ReportSpec(reference="soft-gauss", against=("tandem", "words", "early"), at=(100, 500))


def test_what_a_spec_names_is_all_that_is_tested() -> None:
    found = list(significance.blocks(field(question=NAMED)))
    assert not any(isinstance(block, Text) for block in found)
    table = tables(found)["tests_at_queries"]
    assert table.header == ("ahead of", "100 queries", "500 queries")
    rows = {str(row[0]): row for row in table.rows}
    assert set(rows) == {"tandem", "words", "early"}
    ahead, behind = cell_of(rows["words"][1]), cell_of(rows["early"][1])
    assert ahead.text == "+20.3, 7:0, 0.047"
    assert behind.text == "-9.2, 0:7, 0.047"
    assert ahead.mark == behind.mark == "†"
    assert "How far soft-gauss is ahead" in table.caption
    assert "The spec names what is tested" in table.caption


def test_a_reference_alone_is_tested_against_its_track() -> None:
    found = list(significance.blocks(field(question=ReportSpec(reference="layers"))))
    assert {str(row[0]) for row in tables(found)["tests_at_queries"].rows} == {"layers@input"}


@pytest.mark.parametrize("asked", [NAMED, ReportSpec()])
def test_too_few_datasets_are_said_where_tests_were_named(asked: ReportSpec) -> None:
    found = list(significance.blocks(field(SETS[:3], question=asked)))
    said = [block.text for block in found if isinstance(block, Text)]
    assert not tables(found)
    assert len(said) == bool(asked.against)
    assert all("share 3 datasets" in text for text in said)


def test_means_of_base_to_new_stand_apart_from_every_dataset() -> None:
    runs = [
        make_run([(0, 30), (10, 50.0 + number)], dataset=name, method=f"m-{number}",
                 new_accuracy=40.0)
        for name in ("dots", "letters")
        for number in range(9)
    ]  # fmt: skip
    means, whole = base_to_new.blocks(comparison(runs))
    assert isinstance(means, TableBlock)
    assert isinstance(whole, TableBlock)
    assert (means.headline, whole.headline) == (True, False)
    assert len(means.rows) == 9
    assert len(whole.rows) == 27
