"""Figures for the page say the same as the data."""

import json
import math
from dataclasses import replace

import pytest

from orchestrator.analysis.charts.chart import PERCENT
from orchestrator.analysis.charts.plotly_chart import plotly_figure
from tests.orchestrator.analysis.charts.test_png_chart import (
    BARS,
    CROWDED,
    DOTS,
    DRAWN,
    LINES,
    VALUES,
    ZIP,
)


def test_lines_are_steps_and_bands_are_filled() -> None:
    data = plotly_figure(LINES)["data"]
    lower, upper, mean, level, target = data
    assert mean["line"]["shape"] == "hv"
    assert (mean["x"], mean["y"]) == ((0, 10, 20), [30, 40, 50])
    assert mean["line"]["color"] == ZIP.colour
    assert (lower["y"], upper["y"], upper["fill"]) == ([28, 38, 48], [32, 42, 52], "tonexty")
    assert (level["x"], level["y"]) == ((0, 20), [45, 45])
    assert target["y"] == [48, 48]


def test_a_line_that_stops_early_goes_on_level_and_others_are_behind_it() -> None:
    figure = plotly_figure(CROWDED)
    start, end = CROWDED.span
    behind, level, *band, stopped = figure["data"]
    assert (stopped["x"], stopped["y"]) == ((start, end), [50, 50])
    assert (level["x"], level["y"]) == ((start, end), [45, 45])
    assert behind["opacity"] < 1
    assert behind["line"]["width"] < level["line"]["width"] < stopped["line"]["width"]
    assert len(band) == 2
    axis = figure["layout"]["xaxis"]
    assert (axis["type"], axis["ticktext"]) == ("log", ["100", "500", "2,000"])
    assert axis["range"] == pytest.approx([math.log10(start), math.log10(end)])


def test_a_bar_that_was_never_reached_has_no_length_but_a_text() -> None:
    zip_bars = plotly_figure(BARS)["data"][0]
    assert zip_bars["x"] == [100, 0]
    assert zip_bars["text"][1] == "not reached"


def test_dots_have_their_interval_where_there_is_one() -> None:
    first, second = plotly_figure(DOTS)["data"]
    assert first["error_x"]["array"] == [0.5]
    assert not second["error_x"]["visible"]


def test_values_lie_at_their_numbers_and_are_named() -> None:
    figure = plotly_figure(VALUES)
    axis = figure["layout"]["xaxis"]
    assert (axis["type"], axis["tickvals"], axis["ticktext"]) == (
        "log", [1, 20, 400], ["1", "√δ", "none"],
    )  # fmt: skip
    assert axis["automargin"], "values of two lines push the title down"
    assert axis["title"]["standoff"] > 0
    zip_line = figure["data"][0]
    assert (zip_line["x"], zip_line["text"]) == ([1, 20, 400], ["1", "√δ", "none"])
    assert zip_line["error_y"]["arrayminus"] == [2, 3, 5]
    (mark,) = figure["layout"]["shapes"]
    (name,) = figure["layout"]["annotations"]
    assert (mark["x0"], name["text"]) == (20, "default")
    assert name["x"] == pytest.approx(1.30103), "the exponent, on a logarithmic axis"


def test_values_without_ticks_name_their_places_and_rings_are_open() -> None:
    figure = plotly_figure(DRAWN)
    assert "tickvals" not in figure["layout"]["xaxis"]
    dots, rings = figure["data"]
    assert dots["text"] == ["0.1", "20", "300"]
    assert (dots["mode"], dots["marker"]["symbol"]) == ("markers", "circle")
    assert rings["marker"]["symbol"] == "circle-open"


def test_figures_are_plain_json_and_name_their_methods() -> None:
    for chart in (LINES, BARS, DOTS, VALUES, DRAWN):
        figure = json.loads(json.dumps(plotly_figure(chart), allow_nan=False))
        assert {trace.get("meta") for trace in figure["data"]} >= {"zip", "zero_shot"}


def test_an_axis_ends_where_values_must_and_else_where_they_do() -> None:
    bounded = plotly_figure(replace(LINES, bounds=PERCENT))["layout"]["yaxis"]
    assert bounded["autorangeoptions"] == {"clipmin": 0.0, "clipmax": 100.0}
    assert "autorangeoptions" not in plotly_figure(LINES)["layout"]["yaxis"]


def test_points_on_a_part_have_bars_of_their_own() -> None:
    lines = tuple(replace(line, errors=(1.0, 0.5, 0.0)) for line in LINES.lines[:1])
    *_, bars = plotly_figure(replace(LINES, lines=lines, levels=()))["data"]
    assert (bars["x"], bars["y"], bars["error_y"]["array"]) == ([5, 15], [30, 40], [1.0, 0.5])
    assert (bars["meta"], bars["marker"]["opacity"]) == (lines[0].label, 0)
