"""Transfers by hand-worked numbers: who trained where, and what that reached elsewhere."""

from __future__ import annotations

import pytest

from orchestrator.analysis.runs import Contender
from orchestrator.analysis.transfer import transfers
from tests.orchestrator.analysis.builders import make_run, moved, moved_run, zero_shot_run

ZIP, ZERO = Contender(16, "zip"), Contender(0, "zero_shot")


RUNS = [
    zero_shot_run(60, "imagenet"),
    zero_shot_run(40, "dots"),
    zero_shot_run(50, "letters"),
    make_run([(0, 1), (100, 70)], dataset="imagenet", seed=1),
    make_run([(0, 1), (100, 72)], dataset="imagenet", seed=2),
    moved_run("dots", 42, 1),
    moved_run("dots", 44, 2),
    moved_run("letters", 30, 1),
    moved_run("letters", 20, 2),
]


def test_source_and_targets_are_told_apart() -> None:
    (found,) = transfers(RUNS)
    assert (found.protocol, found.source) == ("cross_dataset", "imagenet")
    assert found.targets == ("dots", "letters")
    assert {n: v.mean for n, v in found.accuracies[ZIP].items()} == {
        "imagenet": 71, "dots": 43, "letters": 25,
    }  # fmt: skip


def test_the_mean_is_over_targets_for_each_seed_and_leaves_the_source_out() -> None:
    (found,) = transfers(RUNS)
    assert found.means[ZERO].mean == 45
    assert found.means[ZERO].half_width is None
    # seed 1: (42 + 30) / 2 = 36; seed 2: (44 + 20) / 2 = 32; t(1) = 12.706, s = 2.828, n = 2
    assert found.means[ZIP].mean == 34
    assert found.means[ZIP].half_width == pytest.approx(12.706 * 2.828 / 2**0.5, rel=1e-3)


def test_without_all_targets_there_is_no_mean() -> None:
    (found,) = transfers([run for run in RUNS if (run.dataset, run.shots) != ("letters", 0)])
    assert set(found.means) == {ZIP}
    (found,) = transfers(RUNS[:-1])
    assert (found.means[ZIP].mean, found.means[ZIP].count) == (36, 1)


def test_ordinary_comparisons_transfer_nothing() -> None:
    assert transfers(RUNS[:5]) == []


def test_each_source_is_a_transfer_of_its_own() -> None:
    other = moved(make_run([(0, 30)], dataset="dots"), "letters")
    assert [found.source for found in transfers([*RUNS, other])] == ["imagenet", "letters"]


def test_a_tested_prompt_was_not_trained_here() -> None:
    run = moved_run("dots", 42, 1)
    assert run.source == "imagenet"
    assert not run.trains
    assert make_run([(0, 1)]).source is None
