"""Pictures are written and show every method in its colour."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from orchestrator.analysis.charts.chart import (
    PERCENT,
    BarChart,
    Bars,
    Chart,
    Dot,
    DotChart,
    Line,
    LineChart,
    ValueChart,
)
from orchestrator.analysis.charts.palette import looks_of
from orchestrator.analysis.charts.png_chart import write_panels, write_png

LOOKS = looks_of(["zip", "zero_shot"])
ZIP, ZERO = LOOKS["zip"], LOOKS["zero_shot"]
LINES = LineChart(
    "queries",
    "accuracy",
    (
        Line("zip", ZIP, (0, 10, 20), (30, 40, 50), (28, 38, 48), (32, 42, 52)),
        Line("zero_shot", ZERO, (0,), (45,)),
    ),
    (("target", 48.0),),
    title="dots",
)
BARS = BarChart(
    "queries",
    ("dots", "letters"),
    (
        Bars("zip", ZIP, (100.0, None), ("100", "not reached")),
        Bars("zero_shot", ZERO, (50.0, 20.0), ("50", "20")),
    ),
)
DOTS = DotChart("mean rank", (Dot("zip", ZIP, 1.2, 0.5), Dot("zero_shot", ZERO, 1.8)))

VALUES = ValueChart(
    "clip",
    "accuracy",
    (
        Line("zip", ZIP, (1, 20, 400), (40, 50, 45), (38, 47, 40), (42, 53, 50)),
        Line("zero_shot", ZERO, (1, 20, 400), (41, 45, 44), main=True),
    ),
    ((1, "1"), (20, "√δ"), (400, "none")),
    log=True,
    marks=(("default", 20.0),),
    bounds=PERCENT,
)
DRAWN = ValueChart(
    "clip",
    "accuracy",
    (
        Line("zip", ZIP, (0.1, 20, 300), (40, 50, 45)),
        Line("zero_shot", ZERO, (1, 5, 30), (41, 45, 44), hollow=True),
    ),
    ticks=(),
    log=True,
    joined=False,
)


def ink(path: Path, colour: str) -> int:
    """Pixels of exactly one colour."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    pixels = np.asarray(Image.open(path).convert("RGB"))
    assert pixels.shape[0] > 300
    assert pixels.shape[1] > 500
    return int((pixels == wanted).all(axis=-1).sum())


CROWDED = LineChart(
    "queries",
    "accuracy",
    (
        Line("zip", ZIP, (0, 2), (30, 50), (28, 48), (32, 52), main=True, note="50.0"),
        Line("zero_shot", ZERO, (0,), (45,), note="45.0"),
        Line("another", looks_of(["another"])["another"], (0, 100), (30, 40), faint=True),
    ),
    end=2000,
    ticks=(100, 500, 2000),
    own_legend=True,
)


@pytest.mark.parametrize("chart", [LINES, BARS, DOTS, VALUES, DRAWN, CROWDED])
def test_a_chart_shows_each_method_in_its_colour(chart: Chart, tmp_path: Path) -> None:
    path = tmp_path / "figures" / "chart.png"
    write_png(chart, path)
    assert ink(path, ZIP.colour) > 100
    assert ink(path, ZERO.colour) > 100


def test_points_on_a_part_have_bars(tmp_path: Path) -> None:
    plain, barred = tmp_path / "plain.png", tmp_path / "barred.png"
    write_png(LINES, plain)
    lines = (replace(LINES.lines[0], errors=(1.0, 1.0, 0.0)), *LINES.lines[1:])
    write_png(replace(LINES, lines=lines), barred)
    assert ink(barred, ZIP.colour) > ink(plain, ZIP.colour)


def test_the_last_measurement_is_marked_although_lines_go_on(tmp_path: Path) -> None:
    marked, level = tmp_path / "marked.png", tmp_path / "level.png"
    whole = Line("zip", ZIP, (0, 10, 20), (30, 40, 50))
    early = Line("zip", ZIP, (0, 10), (30, 40))
    write_png(LineChart("queries", "accuracy", (whole,)), marked)
    write_png(LineChart("queries", "accuracy", (early,), end=20), level)
    assert ink(marked, ZIP.colour) > 100
    assert ink(level, ZIP.colour) > 100
    assert dot_at_the_right(marked), "a dot at 20 of an axis that ends a little beyond"
    assert not dot_at_the_right(level), "it was measured at 10 last, and goes on level"


def dot_at_the_right(path: Path) -> bool:
    """Whether something as high as a dot, and no higher step, is near the right end of the line."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    wanted = [int(ZIP.colour[i : i + 2], 16) for i in (1, 3, 5)]
    drawn = (pixels == wanted).all(axis=-1)[150:]  # without the legend
    right = drawn[:, int(0.8 * drawn.shape[1]) :]
    return bool((right.sum(axis=0) >= 7).any())


def test_panels_show_every_chart(tmp_path: Path) -> None:
    one, four = tmp_path / "one.png", tmp_path / "four.png"
    write_panels([LINES], one)
    write_panels([LINES] * 4, four)
    assert ink(four, ZIP.colour) > 2 * ink(one, ZIP.colour)


def test_panels_can_have_legends_of_their_own(tmp_path: Path) -> None:
    shared, own = tmp_path / "shared.png", tmp_path / "own.png"
    write_panels([replace(CROWDED, own_legend=False)] * 2, shared)
    write_panels([CROWDED] * 2, own)
    assert ink(own, ZIP.colour) > ink(shared, ZIP.colour)


def test_bands_beyond_what_is_possible_do_not_stretch_the_axis(tmp_path: Path) -> None:
    wide = Line("zip", ZIP, (0, 5, 10, 15, 20), (0, 100, 0, 100, 0), (-900,) * 5, (900,) * 5)
    chart = LineChart("queries", "accuracy", (wide,))
    stretched, bounded = tmp_path / "stretched.png", tmp_path / "bounded.png"
    write_png(chart, stretched)
    write_png(replace(chart, bounds=PERCENT), bounded)
    assert ink(bounded, ZIP.colour) > 1.15 * ink(stretched, ZIP.colour)
