"""Sweeps: what belongs together, in which order, and means over datasets seed by seed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.analysis.ablation import intervals, sweeps_of
from orchestrator.spec.ablation_point import AblationPoint, FieldValue
from tests.orchestrator.analysis.ablation_builders import (
    DENSE,
    FASTFOOD,
    HUNDRED,
    NONE,
    ONE,
    ROOT,
    at,
    clipping,
    placed,
)
from tests.orchestrator.analysis.builders import make_run


def test_numbers_rise_and_no_limit_comes_last() -> None:
    (sweep,) = sweeps_of(clipping({ROOT: [50], NONE: [40], HUNDRED: [45], ONE: [42]}))
    assert (sweep.ablation, sweep.field, sweep.default) == ("zip", "clip", ROOT)
    assert sweep.values == (ONE, ROOT, HUNDRED, NONE)
    assert sweep.is_numeric


def test_the_base_belongs_to_every_sweep() -> None:
    base = placed(make_run([(10, 50.0)]), ROOT, FASTFOOD, base=True)
    clip, projection = sweeps_of([base, *at(ONE, [40]), *at(DENSE, [45])])
    assert (clip.values, projection.values) == ((ONE, ROOT), (FASTFOOD, DENSE))
    assert (clip.default, projection.default) == (ROOT, FASTFOOD)
    assert not projection.is_numeric


def test_a_product_is_swept_over_its_longest_field() -> None:
    ranks = [FieldValue("rank", str(rank), float(rank)) for rank in (1, 3)]
    runs = [
        replace(
            make_run([(10, 40.0)]),
            ablation_points=(AblationPoint("zip", (clip, rank), clip == ROOT),),
        )
        for clip in (ONE, ROOT, NONE)
        for rank in ranks
    ]
    found = {sweep.title: sweep.values for sweep in sweeps_of(runs)}
    assert found == {"clip (rank=1)": (ONE, ROOT, NONE), "clip (rank=3)": (ONE, ROOT, NONE)}


def test_means_are_over_datasets_and_seeds_that_all_values_have() -> None:
    runs = [
        *clipping({ROOT: [50, 60], ONE: [40, 44]}, "dots"),
        *clipping({ROOT: [30, 32, 34], ONE: [20, 22, 24]}, "letters"),
        *clipping({ROOT: [99]}, "outlines"),
    ]
    (sweep,) = sweeps_of(runs)
    assert sweep.datasets == ("dots", "letters", "outlines")
    assert sweep.shared == ("dots", "letters")
    assert sweep.mean() == {ONE: {1: 30, 2: 33}, ROOT: {1: 40, 2: 46}}
    assert intervals(sweep.mean())[ROOT].mean == pytest.approx(43)
    assert sweep.on("outlines") == {ROOT: {1: 99}}


def test_runs_without_a_place_or_an_accuracy_are_no_part_of_a_sweep() -> None:
    unmeasured = placed(make_run([]), ONE)
    assert sweeps_of([make_run([(10, 50.0)]), unmeasured]) == ()
