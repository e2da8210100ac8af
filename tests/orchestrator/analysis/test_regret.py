"""Regret: what a default gives away, paired by seed, and what tuning would really have gained."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.ablation import sweeps_of
from orchestrator.analysis.regret import regret_of, regrets_of
from orchestrator.spec.ablation_point import FieldValue
from tests.orchestrator.analysis.ablation_builders import HUNDRED, ONE, ROOT, at, clipping


def test_regret_is_paired_by_seed() -> None:
    found = {ROOT: {1: 10.0, 2: 30.0, 3: 50.0}, ONE: {1: 12.0, 2: 32.0, 3: 52.0}}
    regret = regret_of(found, ROOT)
    assert regret is not None
    assert (regret.best, regret.default.mean, regret.best_accuracy.mean) == (ONE, 30, 32)
    assert regret.regret.mean == pytest.approx(2)
    assert regret.regret.half_width == pytest.approx(0), "the seeds' own spread cancels"
    assert regret.verdict == "more than the seeds' noise"


def test_a_best_value_by_luck_gains_nothing_on_unseen_seeds() -> None:
    found = {
        ROOT: {1: 50.0, 2: 50.0, 3: 50.0},
        ONE: {1: 62.0, 2: 44.0, 3: 47.0},
        HUNDRED: {1: 44.0, 2: 59.0, 3: 46.0},
    }
    regret = regret_of(found, ROOT)
    assert regret is not None
    assert regret.regret.mean == pytest.approx(1)
    assert regret.held_out is not None
    # picked on the other two: HUNDRED by 2 and 3, ONE by 1 and 3, ONE by 1 and 2
    assert regret.held_out.mean == pytest.approx(((44 - 50) + (44 - 50) + (47 - 50)) / 3)
    assert regret.verdict == "within the seeds' noise"


def test_a_default_that_is_best_has_no_regret() -> None:
    regret = regret_of({ROOT: {1: 50.0, 2: 51.0}, ONE: {1: 50.0, 2: 51.0}}, ROOT)
    assert regret is not None
    assert (regret.best, regret.regret.mean) == (ROOT, 0)
    assert regret.verdict == "the default is best"


def test_one_seed_has_a_regret_but_no_interval() -> None:
    regret = regret_of({ROOT: {1: 50.0}, ONE: {1: 53.0}}, ROOT)
    assert regret is not None
    assert (regret.regret.mean, regret.held_out) == (3, None)
    assert regret.verdict == "one seed, so no interval"


@given(
    values=st.lists(st.lists(st.floats(0, 100), min_size=3, max_size=3), min_size=2, max_size=6),
    place=st.integers(0, 5),
)
def test_regret_is_never_negative_and_bounds_what_tuning_gains(
    values: list[list[float]], place: int
) -> None:
    found = {
        FieldValue("clip", str(number), float(number)): dict(enumerate(accuracies))
        for number, accuracies in enumerate(values)
    }
    default = list(found)[place % len(found)]
    regret = regret_of(found, default)
    assert regret is not None
    assert regret.regret.mean >= 0
    assert regret.held_out is not None
    assert regret.held_out.mean <= sum(max(v) for v in zip(*values, strict=True)) / 3


@pytest.mark.parametrize(
    ("found", "default"),
    [
        ({ROOT: {1: 50.0}}, ROOT),
        ({ROOT: {1: 50.0}, ONE: {1: 51.0}}, None),
        ({ONE: {1: 50.0}, HUNDRED: {1: 51.0}}, ROOT),
        ({ROOT: {1: 50.0}, ONE: {2: 51.0}}, ROOT),
    ],
)
def test_nothing_is_said_where_nothing_can_be_compared(
    found: dict[FieldValue, dict[int, float]], default: FieldValue | None
) -> None:
    assert regret_of(found, default) is None


def test_datasets_and_their_mean_have_a_regret_each_but_budgets_have_none() -> None:
    both = {ROOT: [50, 51], ONE: [52, 55]}
    (sweep,) = sweeps_of([*clipping(both, "dots"), *clipping(both, "letters")])
    assert [name for name, _ in regrets_of(sweep)] == ["dots", "letters", "mean of 2"]
    little, much = (FieldValue("budget", b, float(b), tuned=False) for b in ("100", "500"))
    (budgets,) = sweeps_of([*at(little, [40, 41]), *at(much, [50, 51], base=True)])
    assert list(regrets_of(budgets)) == []
