"""Accuracies at equal money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.at_money import amounts, money_band, most_spent, reached_for
from orchestrator.analysis.billing import Billing
from orchestrator.analysis.runs import Contender
from orchestrator.money import Prices
from tests.orchestrator.analysis.builders import make_run

PER_CALL = Billing(Prices(per_call=0.01))
ZIP = Contender(16, "zip")


@given(st.floats(1e-6, 1e6))
def test_amounts_are_few_round_and_end_with_all_that_was_spent(most: float) -> None:
    found = amounts(most)
    assert list(found) == sorted(set(found))
    assert 4 <= len(found) <= 8
    assert found[-1] == pytest.approx(most, rel=0.011)
    assert found[-1] >= most * (1 - 1e-9)
    assert all(f"{step:e}"[0] in "125" for step in found[:-1])


def test_where_nothing_cost_anything_there_are_no_amounts() -> None:
    assert amounts(most_spent([], PER_CALL)) == ()


def test_each_dataset_has_what_its_seeds_had_reached() -> None:
    runs = [make_run([(0, 10), (100, 20 + seed)], seed=seed) for seed in (1, 2)]
    found = {one.limit: one.accuracy for one in reached_for(runs, PER_CALL, (0.5, 1.0))}
    assert (found[0.5].mean, found[1.0].mean, found[1.0].count) == (10, 21.5, 2)


def test_a_band_stands_over_the_money_of_a_mean_run() -> None:
    billing, names = Billing(Prices(per_image=0.01)), ("dots", "letters")
    runs = [
        make_run([(0, 10), (100, 20)], dataset=name, seed=seed) for name in names for seed in (1, 2)
    ]
    found = money_band(runs, ZIP, names, billing)
    assert found is not None
    assert found.money == pytest.approx((0, 128))
    assert (found.band.queries, found.band.mean) == ((0, 100), (10, 20))


def test_without_a_seed_on_all_datasets_or_known_money_there_is_no_band() -> None:
    runs = [make_run([(0, 10), (100, 20)])]
    assert money_band(runs, ZIP, ("dots", "letters"), PER_CALL) is None
    assert money_band(runs, ZIP, ("dots",), Billing(Prices(per_1000_tokens=1))) is None
