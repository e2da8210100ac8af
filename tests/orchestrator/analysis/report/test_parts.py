"""Reports say what was measured on a part of the test images, and how far off it may be."""

from __future__ import annotations

from orchestrator.analysis.charts.chart import LineChart
from orchestrator.analysis.report.blocks import FigureBlock, Section, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.parts import ON_THE_WAY, parts_words
from orchestrator.analysis.report.sections import SECTIONS, sections_of
from orchestrator.analysis.runs import Run
from orchestrator.spec.spec import ReportSpec
from tests.orchestrator.analysis.builders import in_parts, make_run, zero_shot_run

DATASETS = ("dots", "letters")


def bar(dataset: str, seed: int, *counts: int) -> Run:
    run = make_run([(0, 50), (50, 55), (100, 60)], method="bar", dataset=dataset, seed=seed)
    return in_parts(run, *counts) if counts else run


def found(*counts: int) -> dict[str, Section]:
    """The report of a method that measures so many images, and of one that measures all."""
    runs = [
        run
        for name in DATASETS
        for seed in (1, 2)
        for run in (
            bar(name, seed, *counts),
            make_run([(0, 52), (50, 58), (100, 62)], dataset=name, seed=seed),
        )
    ]
    runs += [zero_shot_run(49, name) for name in DATASETS]
    asked = Comparison("mine", tuple(runs), question=ReportSpec(target_gain=5))
    return {section.title: section for section in sections_of(asked)}


def notes(section: Section) -> str:
    return " ".join(block.text for block in section.blocks if isinstance(block, Text))


def figures(section: Section) -> list[FigureBlock]:
    return [block for block in section.blocks if isinstance(block, FigureBlock)]


def test_curves_say_how_many_images_and_how_far_off() -> None:
    section = found(2000, 2000, 8041)["Accuracy over queries"]
    said = (
        "Points on the way of bar: 2,000 of 8,041 test images, the same for all seeds and methods, "
        "± 1.0 points at most; the end: all. Bars in the middle of a step:"
    )
    mean, each = figures(section)
    assert said in each.caption
    assert "Bars in the middle of a step" in mean.caption
    for chart in (*mean.charts, *each.charts):
        assert isinstance(chart, LineChart)
        errors = {line.label: line.errors for line in chart.lines}
        assert not errors["zip"]
        assert not errors["zero_shot"]
        assert [error > 0 for error in errors["bar"]] == [True, True, False]


def test_a_start_that_was_measured_whole_is_said_to_be() -> None:
    run = bar("dots", 1, 8041, 2000, 8041)
    assert parts_words([run]).endswith("points at most; start and end: all.")
    other = bar("letters", 1, 400, 400, 900)
    assert "400 to 2,000 of 900 to 8,041 test images" in parts_words([run, other])


def test_other_sections_that_look_at_points_on_the_way_say_so() -> None:
    parts, whole = found(200, 200, 900), found()
    for title, section in parts.items():
        assert ("runs of bar were measured on a part" in notes(section)) == (title in ON_THE_WAY)
    assert "chance has raised" in notes(parts["Queries to target"])
    assert set(ON_THE_WAY) <= set(SECTIONS)
    assert not any("part of the test images" in notes(section) for section in whole.values())


def test_it_says_nothing_where_all_was_measured_whole() -> None:
    for figure in figures(found()["Accuracy over queries"]):
        assert "Bars" not in figure.caption
        assert "Points on the way" not in figure.caption


def test_how_it_was_run_names_the_size_of_the_part() -> None:
    section = found(2000, 2000, 8041)["How it was run"]
    (table,) = (b for b in section.blocks if isinstance(b, TableBlock) and b.name == "provenance")
    assert ("test images of points on the way", "2000") in table.rows
