"""A site and the reports in it never disagree on who is ahead, nor on a number."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.protocols import PROTOCOLS
from orchestrator.analysis.report.blocks import TableBlock, cell_of
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.headline.sentences import headline_of
from orchestrator.analysis.report.sections import base_to_new, summary, transfer
from orchestrator.analysis.runs import Run
from orchestrator.analysis.site.entry import Experiment, without_number
from orchestrator.analysis.site.leaderboard import leaderboards_of
from orchestrator.analysis.standings import Standings
from tests.orchestrator.analysis.builders import make_run, moved, needing, zero_shot_run

METHODS = ("bar", "zip", "bbt", "deep")
DATASETS = ("dots", "letters", "outlines")
SOURCE = "imagenet"

Line = tuple[int, str, str]
"""Rank, method and number."""

accuracies = st.sampled_from([40.0, 49.96, 50.0, 50.04, 50.06, 60.0]) | st.floats(0.5, 99.5)


@st.composite
def experiments(draw: st.DrawFn, numbers: tuple[tuple[int, ...], ...] = ((16,),)) -> Experiment:
    """Some methods under one protocol, some cells of which aren't done."""
    protocol = PROTOCOLS[draw(st.sampled_from(sorted(PROTOCOLS)))]
    datasets = DATASETS[: draw(st.integers(1, 3))]
    tested = [*datasets, SOURCE] if protocol.transfers else [*datasets]
    methods = draw(st.lists(st.sampled_from(METHODS), min_size=1, unique=True))
    cells = product(methods, (1, 2), draw(st.sampled_from(numbers)), tested)
    new = accuracies if protocol.splits_classes else st.none()
    runs = [with_new(zero_shot_run(draw(accuracies), name), draw(new)) for name in tested]
    for method, seed, shots, name in cells:
        ends = [(0, 30.0), (100, draw(accuracies))]
        run = make_run(ends, dataset=name, method=method, seed=seed, shots=shots)
        run = with_new(run, draw(new))
        if protocol.transfers and name != SOURCE:
            run = moved(run, SOURCE, protocol.name)
        runs.append(needing(run, "visual tokens", "inner layers") if method == "deep" else run)
    lost = draw(st.lists(st.integers(0, len(runs) - 1), max_size=2))
    kept = tuple(run for place, run in enumerate(runs) if place not in lost)
    return Experiment("one", "one", Comparison("one", kept))


def with_new(run: Run, accuracy: float | None) -> Run:
    points = run.trace.points
    if accuracy is not None:
        points = (*points, points[-1]._replace(metric="new_accuracy", value=accuracy))
    return replace(run, trace=replace(run.trace, points=points))


def of_headline(comparison: Comparison, standings: Standings, track: str) -> list[Line]:
    """What the report's headline has of a track."""
    mine = [one for one in standings.found if comparison.track(one.who.method) == track]
    return [
        (1 + sum(other.rounded > one.rounded for other in mine), one.who.method, one.shown)
        for one in mine
    ]


@given(experiments(numbers=((16,), (4, 16))))
def test_order_and_numbers_are_those_of_the_reports_headline(experiment: Experiment) -> None:
    comparison, missing = experiment.comparison, set(without_number(experiment))
    known = {shots: found for shots, found in comparison.standings.items() if found is not None}
    assert missing == set(comparison.shots) - set(known)
    told = {(one.who.method, one.shown) for found in known.values() for one in found.found}
    ranked = set()
    for board in leaderboards_of([experiment]):
        where = board.conditions
        lines = [(row.rank, row.name, shown(row.entry.number.text)) for row in board.rows]
        ranked |= {line[1:] for line in lines}
        same = [known[where.shots]] if where.shots else [*known.values()]
        assert (lines, where.datasets, where.measure) in [
            (of_headline(comparison, found, where.track), found.datasets, found.measure)
            for found in same
        ]
    assert ranked == told


@given(experiments())
def test_numbers_are_those_of_the_reports_tables(experiment: Experiment) -> None:
    comparison = experiment.comparison
    texts = {
        shown(cell_of(cell).text)
        for section in (
            summary.blocks,
            base_to_new.blocks,
            transfer.to_other_datasets,
            transfer.out_of_distribution,
        )
        for block in section(comparison)
        if isinstance(block, TableBlock)
        for row in block.rows
        for cell in row
    }
    for board in leaderboards_of([experiment]):
        for row in board.rows:
            beside = [row.entry.beside(name) for name in row.entry.standing.beside]
            numbers = [row.entry.number, *(one for one in beside if one is not None)]
            assert {shown(one.text) for one in numbers} <= texts
    for text in headline_of(comparison):
        assert set(re.findall(r"([\d.]+) %", text)) <= texts


def shown(text: str) -> str:
    """A number without its interval."""
    return re.split(r" ± | \[", text)[0]
