"""The ablation's section: figures, the table with the default marked, and regret."""

from __future__ import annotations

import math

import pytest

from orchestrator.analysis.charts.chart import ValueChart
from orchestrator.analysis.report.blocks import FigureBlock, TableBlock, cell_of
from orchestrator.analysis.report.sections import ablation
from tests.orchestrator.analysis.report.cases import CASES, sections


def tables(case: str = "ablation") -> dict[str, TableBlock]:
    return {
        block.name: block for block in ablation.blocks(CASES[case]) if isinstance(block, TableBlock)
    }


def charts(case: str = "ablation") -> dict[str, ValueChart]:
    return {
        block.name: chart
        for block in ablation.blocks(CASES[case])
        if isinstance(block, FigureBlock)
        for chart in block.charts
        if isinstance(chart, ValueChart)
    }


def test_there_is_none_without_an_ablation() -> None:
    assert not list(ablation.blocks(CASES["whole"]))


def test_numbers_are_drawn_over_an_axis_with_the_default_at_its_number() -> None:
    chart = charts()["ablation_clip"]
    assert [line.label for line in chart.lines] == ["dots", "letters", "mean"]
    assert [text for _, text in chart.ticks] == ["1", "√δ", "100", "none"]
    ((name, place),) = chart.marks
    assert (name, place) == ("default: √δ = 20.4", pytest.approx(math.sqrt(417)))
    assert chart.log
    assert chart.ticks[-1][0] > 100, "no limit lies beyond the largest"
    assert chart.lines[0].y == (42, 49, 50, 45)
    assert all(low < y < up for line in chart.lines for low, y, up in zip(
        line.lower, line.y, line.upper, strict=True
    ))  # fmt: skip


def test_values_without_an_order_stand_side_by_side() -> None:
    chart = charts()["ablation_changes"]
    assert [text for _, text in chart.ticks] == ["zip", "projection=\ndense"]
    assert not chart.joined
    assert len({line.x for line in chart.lines}) == 3, "points don't hide one another"


def test_several_bases_share_a_figure_of_each_field() -> None:
    found = charts("ablation of several bases")
    assert list(found) == ["ablation_answers"]
    chart = found["ablation_answers"]
    assert [line.label for line in chart.lines] == ["zip", "probe"]
    assert [text for _, text in chart.ticks] == ["logits", "top 5, \n2 digits", "label"]
    assert [line.y for line in chart.lines] == [(51, 49, 42), (71, 66, 53)]
    assert not chart.joined
    assert all(line.lower for line in chart.lines)
    assert (chart.title, chart.x_title) == ("answers varied, mean of 2 datasets", "answers")
    assert chart.y_title == "mean test accuracy (%)"
    (block,) = (b for b in ablation.blocks(CASES["ablation of several bases"]) if b.name in found)  # type: ignore[union-attr]
    assert isinstance(block, FigureBlock)
    assert "(mean of dots, letters)" in block.caption


def test_the_table_of_several_bases_says_whose_each_row_is() -> None:
    found = tables("ablation of several bases")
    assert [[cell_of(cell).text for cell in row[:2]] for row in found["ablation"].rows] == [
        [f"{base}: answers", value]
        for base in ("zip", "probe")
        for value in ("logits", "top 5, 2 digits", "label")
    ]
    assert "ablation_regret" not in found, "answers are no setting that could be tuned"


def test_the_table_marks_the_default_and_the_best() -> None:
    table = tables()["ablation"]
    assert table.header == ("field", "value", "dots", "letters", "mean")
    rows = {(cell_of(r[0]).text, cell_of(r[1]).text): [cell_of(c) for c in r] for r in table.rows}
    assert [key for key, row in rows.items() if row[1].mark] == [
        ("clip", "sqrt_dim"),
        ("projection", "fastfood"),
    ]
    assert [key for key, row in rows.items() if row[4].best] == [
        ("clip", "100"),
        ("projection", "fastfood"),
    ]
    assert rows["clip", "100"][2].text == "50.0 ± 2.5"


def test_regret_is_said_with_its_noise() -> None:
    rows = [[cell_of(cell).text for cell in row] for row in tables()["ablation_regret"].rows]
    assert rows[2] == [
        "clip", "mean of 2", "sqrt_dim: 49.0", "100: 50.0", "1.0 ± 0.0", "1.0 ± 0.0",
        "more than the seeds' noise",
    ]  # fmt: skip
    assert rows[5][-1] == "the default is best"


def test_a_single_seed_has_no_intervals() -> None:
    lines = [line for chart in charts("ablation, one seed").values() for line in chart.lines]
    assert lines
    assert not any(line.lower for line in lines)
    table = tables("ablation, one seed")["ablation"]
    assert table.header == ("field", "value", "dots")
    assert "±" not in "".join(cell_of(cell).text for row in table.rows for cell in row)


def test_ablated_runs_are_no_methods_of_the_comparison_but_are_paid_for() -> None:
    found = {section.title: section for section in sections("ablation")}
    (accuracy,) = [b for b in found["Accuracy"].blocks if isinstance(b, TableBlock)]
    assert accuracy.header == ("dataset", "zero_shot", "zip")
    cost = next(b for b in found["Cost"].blocks if isinstance(b, TableBlock))
    assert "zip[clip=100]" in {cell_of(row[0]).text for row in cost.rows}
