"""The report's figures by themselves."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

import querycurve as qc
from orchestrator.analysis.charts.chart import LineChart
from orchestrator.analysis.report.blocks import FigureBlock, TableBlock
from orchestrator.analysis.report.sections import curves, summary
from tests.orchestrator.analysis.report.test_search_section import COMPARISON as SEARCHED
from tests.querycurve.conftest import SPEC, accuracy_of

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def small(filled: Path) -> qc.Results:
    """What the store has of the spec."""
    return qc.load(filled, SPEC)


def drawn(figure: qc.Figure) -> LineChart:
    """The chart of a figure of curves."""
    assert isinstance(figure.chart, LineChart)
    return figure.chart


def test_a_curve_is_the_reports(small: qc.Results) -> None:
    blocks = [one for one in curves.blocks(small.comparison) if isinstance(one, FigureBlock)]
    mean, each = blocks
    assert qc.curve(small).chart == mean.charts[0]
    assert qc.curve(small).caption == mean.caption
    charts = {chart.title: chart for chart in each.charts}
    assert qc.curve(small, "pocket_dots").chart == charts["pocket_dots"]


def test_a_method_looks_the_same_alone_as_among_others(small: qc.Results) -> None:
    whole = {line.label: line for line in drawn(qc.curve(small, "pocket_dots")).lines}
    (alone,) = drawn(qc.curve(small, "pocket_dots", "tight")).lines
    assert alone == whole["tight"]


def test_a_curve_has_its_numbers(small: qc.Results) -> None:
    table = qc.curve(small, "pocket_dots", ["zip"]).table
    assert table[["label", "queries", "accuracy"]].to_numpy().tolist() == [
        ["zip", 0, 10.0],
        ["zip", 100, (accuracy_of("zip", 1) + accuracy_of("zip", 2)) / 2],
    ]
    assert (table.lower <= table.accuracy).all()
    assert (table.accuracy <= table.upper).all()


def test_a_comparison_has_the_table_of_the_report(small: qc.Results) -> None:
    blocks = summary.blocks(small.comparison)
    table = next(one for one in blocks if isinstance(one, TableBlock))
    found = qc.compare(small).table
    assert found.shape == (len(table.rows), len(table.header) - 1)
    assert found.loc["pocket_dots", "zero_shot"] == "40.0"
    assert found.loc["pocket_dots", "zip"].startswith("51.5 ±")


def test_a_comparison_draws_what_its_table_says(small: qc.Results) -> None:
    chart = qc.compare(small).chart
    values = {line.label: line.y for line in chart.lines}  # type: ignore[union-attr]
    assert values["zip"] == (51.5, 51.5, 51.5)
    assert values["tight"] == (61.5, 61.0, 61.25), "its last cell has failed"
    assert [name for _, name in chart.ticks] == [  # type: ignore[union-attr]
        "pocket_dots",
        "pocket_outlines",
        "mean of 2",
    ]


def test_a_store_and_a_spec_do_as_well(filled: Path, small: qc.Results) -> None:
    assert qc.curve(filled, spec=SPEC).chart == qc.curve(small).chart


def test_results_of_a_whole_store_can_be_drawn(filled: Path) -> None:
    labels = {line.label for line in drawn(qc.curve(filled)).lines}
    assert "zip[clip=1]" in labels


def test_results_that_have_the_same_place_are_not_mixed(small: qc.Results) -> None:
    twice = replace(small.comparison, runs=(*small.comparison.runs, small.comparison.runs[0]))
    with pytest.raises(qc.UserError, match="2 results of pocket_dots / zero_shot, which differ"):
        qc.curve(replace(small, comparison=twice))


def test_what_is_not_there_is_refused_with_what_is(small: qc.Results) -> None:
    with pytest.raises(qc.UserError, match=r"no 'pocket_dot'. Did you mean: pocket_dots"):
        qc.curve(small, "pocket_dot")
    with pytest.raises(qc.UserError, match=r"no 'zipp'. Did you mean: zip"):
        qc.compare(small, ["zipp"])
    with pytest.raises(qc.UserError, match="expected one of 16, which results have, got 4"):
        qc.curve(small, shots=4)


def test_what_can_not_be_drawn_is_refused_in_a_line(small: qc.Results) -> None:
    with pytest.raises(qc.UserError, match=r"qc\.run returned, or a store, got DataFrame"):
        qc.curve(small.cells)  # type: ignore[arg-type]
    with pytest.raises(qc.UserError, match="expected one label at least"):
        qc.curve(small, "pocket_dots", methods=[])
    with pytest.raises(qc.UserError, match="these are results of small already"):
        qc.compare(small, spec="demo")


def test_runs_with_a_searchs_queries_are_drawn_where_they_are_named(small: qc.Results) -> None:
    searched = replace(small, comparison=SEARCHED)
    assert [line.label for line in drawn(qc.curve(searched)).lines] == ["zip", "zip-searched"]
    both = qc.curve(searched, methods=["zip", "zip-longer"])
    assert [line.label for line in drawn(both).lines] == ["zip", "zip-longer"]


def test_a_figure_is_written_as_a_picture(small: qc.Results, tmp_path: Path) -> None:
    path = qc.compare(small).write_image(tmp_path / "new" / "final.png")
    assert path.read_bytes()[:4] == PNG
    with pytest.raises(qc.UserError, match=r"written as \.png"):
        qc.compare(small).write_image(tmp_path / "final.pdf")
    (tmp_path / "file").write_text("")
    with pytest.raises(qc.UserError, match="can't be written"):
        qc.compare(small).write_image(tmp_path / "file" / "final.png")


def test_a_page_of_a_figure_opens_offline_and_uploads_nothing(
    small: qc.Results, tmp_path: Path
) -> None:
    page = qc.curve(small).to_html(tmp_path / "curve.html")
    assert (tmp_path / "curve.html").read_text() == page
    assert 'src="http' not in page
    assert '"modeBarButtonsToRemove": ["sendChartToCloud"' in page


def test_a_notebook_may_choose_between_a_chart_and_a_picture(small: qc.Results) -> None:
    bundle, _ = qc.curve(small)._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"])[:4] == PNG
    shown = json.loads(json.dumps(bundle["application/vnd.plotly.v1+json"]))
    assert {trace["legendgroup"] for trace in shown["data"]} == {"zero_shot", "zip", "tight"}
    assert shown["layout"]["showlegend"] is True
    assert "tight" in bundle["text/plain"]
