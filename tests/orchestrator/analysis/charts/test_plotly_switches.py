"""What a page switches: a logarithmic axis, and lines of single seeds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from orchestrator.analysis.charts.chart import END_ROOM, EVEN_ROOM, Single
from orchestrator.analysis.charts.plotly_chart import plotly_figure
from orchestrator.analysis.charts.plotly_switches import log_axis, seed_traces, switched_figure
from tests.orchestrator.analysis.charts.test_png_chart import BARS, CROWDED, LINES

SINGLES = (Single("seed 1", (0, 10), (29.0, 41.0)), Single("seed 2", (0, 20), (31.0, 49.0)))
SEEDED = replace(LINES, lines=(replace(LINES.lines[0], singles=SINGLES), *LINES.lines[1:]))


def test_each_seed_is_a_thin_line_of_its_method() -> None:
    first, second = seed_traces(replace(SEEDED, y_title="test accuracy (%)"))
    assert (first["name"], first["meta"]) == ("zip, seed 1", "zip")
    assert (first["x"], first["y"]) == ((0, 10, EVEN_ROOM * 20), [29, 41, 41])
    assert first["line"]["width"] < plotly_figure(SEEDED)["data"][2]["line"]["width"]
    assert second["customdata"][1] == "49.0 %, at 20 queries"


def test_the_background_has_no_seeds() -> None:
    faint = tuple(replace(line, faint=True) for line in SEEDED.lines)
    assert seed_traces(replace(SEEDED, lines=faint)) == []


def test_a_logarithmic_axis_starts_before_the_first_measurement_that_has_a_logarithm() -> None:
    assert log_axis(LINES) == {"start": 5, "end": END_ROOM * 20, "ticks": [5, 10, 20]}
    long = log_axis(replace(LINES, end=20_000))
    assert long is not None
    assert long["ticks"] == [10, 100, 1000, 10_000]
    start, end = CROWDED.span
    assert log_axis(CROWDED) == {"start": start, "end": end, "ticks": [100, 500, 2000]}
    assert log_axis(replace(LINES, lines=LINES.lines[1:])) is None


def test_the_page_gets_an_even_axis_and_the_rest_beside_it() -> None:
    figure = json.loads(json.dumps(switched_figure(replace(CROWDED, lines=SEEDED.lines))))
    assert set(figure) == {"data", "layout", "seeds", "log"}
    assert figure["layout"]["xaxis"]["range"] == pytest.approx([0, EVEN_ROOM * 2000])
    assert set(switched_figure(LINES)) == {"data", "layout", "log"}
    assert set(switched_figure(BARS)) == {"data", "layout"}
