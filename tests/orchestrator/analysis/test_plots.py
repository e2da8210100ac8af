"""Plots are written, show something, and colours stay with their methods."""

from pathlib import Path

import numpy as np
from PIL import Image

from orchestrator.analysis.palette import method_colours
from orchestrator.analysis.plots import plot_dataset, plot_overview
from orchestrator.analysis.queries_to_target import Target
from tests.orchestrator.analysis.builders import make_run, zero_shot_run

RUNS = [
    zero_shot_run(40),
    *(make_run([(0, 30), (10, 35 + s), (20, 45 + s)], seed=s) for s in (1, 2, 3)),
]


def ink(path: Path, colour: str) -> int:
    """Pixels of exactly one colour."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    pixels = np.asarray(Image.open(path).convert("RGB"))
    assert pixels.shape[0] > 300
    assert pixels.shape[1] > 500
    return int((pixels == wanted).all(axis=-1).sum())


def test_a_dataset_plot_shows_each_method_in_its_colour(tmp_path: Path) -> None:
    path = tmp_path / "plots" / "dots.png"
    plot_dataset(RUNS, "dots", Target(gain=5), path)
    for method, colour in method_colours(["zip", "zero_shot"]).items():
        assert ink(path, colour) > 200, method


def test_the_overview_has_a_panel_for_each_dataset(tmp_path: Path) -> None:
    one, four = tmp_path / "one.png", tmp_path / "four.png"
    plot_overview(RUNS, Target(), one)
    others = [make_run([(0, 1), (20, 50)], dataset=name) for name in ("a", "b", "c")]
    plot_overview([*RUNS, *others], Target(), four)
    colour = method_colours(["zip"])["zip"]
    assert ink(four, colour) > ink(one, colour)


def test_a_method_has_the_same_colour_in_any_company() -> None:
    assert method_colours(["zip"])["zip"] == method_colours(["bar", "zip", "mine"])["zip"]
    colours = method_colours(["zip", "bar", "blackvip", "bptvlm", "zero_shot", "mine", "yours"])
    assert len(set(colours.values())) == 7
