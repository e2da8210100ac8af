"""Figures for the page say the same as the data."""

import json
import math
from dataclasses import replace

import pytest

from orchestrator.analysis.charts.chart import EVEN_ROOM, PERCENT, Chart
from orchestrator.analysis.charts.plotly_chart import MARKER, plotly_figure
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
    end = EVEN_ROOM * 20
    assert (mean["x"], mean["y"]) == ((0, 10, 20, end), [30, 40, 50, 50])
    assert mean["line"]["color"] == ZIP.colour
    assert (lower["y"], upper["y"], upper["fill"]) == (
        [28, 38, 48, 48], [32, 42, 52, 52], "tonexty",
    )  # fmt: skip
    assert (level["x"], level["y"]) == ((0, end), [45, 45])
    assert target["y"] == [48, 48]


def test_the_last_measurement_has_a_dot_and_its_number_at_the_right() -> None:
    figure = plotly_figure(LINES)
    _, _, mean, level, _ = figure["data"]
    assert mean["marker"]["size"] == [0, 0, MARKER, 0]
    assert level["mode"] == "lines", "what was measured once is a level"
    shown = {one["name"]: one["text"] for one in figure["layout"]["annotations"]}
    assert shown == {"zip": "50.0", "zero_shot": "45.0"}
    assert "annotations" not in plotly_figure(CROWDED)["layout"], "its own legend says them"


@pytest.mark.parametrize("chart", [LINES, BARS, DOTS, VALUES, DRAWN, CROWDED])
def test_the_pointer_finds_the_nearest_point_wherever_it_is(chart: Chart) -> None:
    figure = plotly_figure(chart)
    assert figure["layout"]["hoverdistance"] == -1
    seen = [trace for trace in figure["data"] if trace.get("hoverinfo") != "skip"]
    assert all("<extra></extra>" in trace["hovertemplate"] for trace in seen)


def test_beside_the_pointer_stand_unit_interval_seeds_and_queries() -> None:
    line = replace(LINES.lines[0], seeds=3)
    chart = replace(LINES, y_title="test accuracy (%)", lines=(line, *LINES.lines[1:]), end=30)
    _, _, mean, level, _ = plotly_figure(chart)["data"]
    first, *_, last, beyond = mean["customdata"]
    assert first == "30.0 % ± 2.0, n = 3, at 0 queries"
    assert last == "50.0 % ± 2.0, n = 3, at 20 queries"
    assert beyond == "50.0 % ± 2.0, n = 3, since 20 queries"
    assert level["customdata"] == ("45.0 %, level", "45.0 %, level")
    (dot, _) = plotly_figure(replace(DOTS, x_title="mean rank (1 is best)", note="over 7"))["data"]
    assert dot["customdata"] == ["mean rank 1.20 ± 0.50, over 7"]
    assert "<br>queries<extra>" in plotly_figure(BARS)["data"][0]["hovertemplate"]


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
