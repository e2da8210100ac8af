"""Labels of any length and content, in pictures and on the page."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from orchestrator.analysis.charts import png_chart
from orchestrator.analysis.charts.chart import BarChart, Bars, Chart, Dot, DotChart, Line, LineChart
from orchestrator.analysis.charts.palette import NEUTRAL
from orchestrator.analysis.charts.plotly_chart import plotly_figure
from orchestrator.analysis.charts.png_chart import write_panels, write_png

ODD = ("a$b$", "$x_1", "_hidden", r"\frac{1}", "100 %", "<b>bold</b>", "👩‍🔬", "%{y}", "x" * 200)


def lines_of(labels: tuple[str, ...], title: str = "") -> LineChart:
    lines = (Line(label, NEUTRAL, (0, 10), (n, n + 5.0)) for n, label in enumerate(labels))
    return LineChart("queries", "accuracy", tuple(lines), (("target $5", 3.0),), title=title)


def charts_of(labels: tuple[str, ...]) -> list[Chart]:
    bars = (Bars(label, NEUTRAL, (1.0,) * len(labels), ("1",) * len(labels)) for label in labels)
    return [
        lines_of(labels, "x" * 300),
        BarChart("queries", labels, tuple(bars)),
        DotChart("rank", tuple(Dot(label, NEUTRAL, 1.0) for label in labels)),
    ]


def figures_of(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are drawn from now on."""
    found: list[Figure] = []
    save = png_chart._save

    def kept(figure: Figure, path: Path) -> None:
        save(figure, path)
        found.append(figure)

    monkeypatch.setattr(png_chart, "_save", kept)
    return found


@pytest.mark.parametrize("place", range(3))
def test_odd_labels_are_drawn_without_a_word(place: int, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_png(charts_of(ODD)[place], tmp_path / "chart.png")


def test_a_legend_holds_every_label_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = figures_of(monkeypatch)
    write_png(lines_of(ODD), tmp_path / "chart.png")
    (legend,) = figures[0].legends
    texts = [text.get_text().replace(r"\$", "$").strip() for text in legend.get_texts()]
    assert texts == [*ODD[:-1], "x" * 22 + "…" + "x" * 21, "target $5"]


def test_six_short_labels_stand_on_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = figures_of(monkeypatch)
    labels = ("zero_shot", "bar", "blackvip", "bptvlm", "zip")
    write_png(lines_of(labels), tmp_path / "chart.png")
    (legend,) = figures[0].legends
    tops = {round(text.get_window_extent().y0) for text in legend.get_texts()}
    assert len(legend.get_texts()) == 6
    assert len(tops) == 1
    assert legend.get_window_extent().x0 >= 0


def test_many_long_labels_leave_the_axes_their_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = figures_of(monkeypatch)
    labels = tuple(f"method-{number}-{'long-' * 30}" for number in range(40))
    write_png(lines_of(labels), tmp_path / "one.png")
    write_panels([lines_of(labels, "a" * 200), lines_of(labels, "b" * 200)], tmp_path / "two.png")
    for figure in figures:
        (legend,) = figure.legends
        around = legend.get_window_extent()
        assert around.x0 >= 0
        assert around.x1 <= figure.bbox.width
        for axes in figure.axes:
            assert axes.get_window_extent().height > 250  # pixels, 150 of which are an inch
            assert axes.get_window_extent().width > 300
    assert Image.open(tmp_path / "one.png").height < 3000


def test_on_the_page_labels_are_no_tags_and_stay_apart() -> None:
    for chart in charts_of(ODD):
        figure = plotly_figure(chart)
        drawn = [{**trace, "meta": ""} for trace in figure["data"]]
        text = json.dumps([drawn, figure["layout"]])
        assert "<b>" not in text
        assert "x" * 60 not in text
    twins = ("x" * 100 + "1" + "y" * 100, "x" * 100 + "2" + "y" * 100)
    figure = plotly_figure(DotChart("rank", tuple(Dot(name, NEUTRAL, 1.0) for name in twins)))
    assert len({trace["y"][0] for trace in figure["data"]}) == 2
    assert [trace["meta"] for trace in figure["data"]] == list(twins)
