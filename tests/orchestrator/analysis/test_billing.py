"""What runs cost: by our ledgers in memory, by its own on a service."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.billing import Billing, Charged, total
from orchestrator.money import Prices
from tests.orchestrator.analysis.builders import (
    deployed,
    make_run,
    moved,
    observed,
    served,
    zero_shot_run,
)

PER_CALL, PER_IMAGE = Billing(Prices(per_call=0.01)), Billing(Prices(per_image=0.001))
PER_TOKEN = Billing(Prices(per_1000_tokens=1))
RUN = make_run([(0, 30.0), (50, 40.0), (100, 50.0)])


def test_a_run_in_memory_costs_what_its_ledgers_would_on_such_a_box() -> None:
    run = observed(RUN, 6, 600)
    assert PER_CALL.training(run).amount == pytest.approx(1.0)
    assert PER_IMAGE.training(run).amount == pytest.approx(12.8)
    assert PER_CALL.measuring(run).amount == pytest.approx(0.06)
    assert PER_IMAGE.measuring(run).amount == pytest.approx(0.6)


def test_the_observer_asks_an_ensemble_template_by_template() -> None:
    whole = observed(zero_shot_run(40), 1, 100)
    assert PER_CALL.measuring(deployed(whole, 4)).amount == pytest.approx(0.04)
    assert PER_IMAGE.measuring(deployed(whole, 4)).amount == pytest.approx(0.4)
    # the prompts of a readout are counted one by one already
    assert PER_CALL.measuring(deployed(whole, 4, readout=True)).amount == pytest.approx(0.01)


def test_tokens_are_those_of_the_queries_and_unknown_where_nobody_counted() -> None:
    assert PER_TOKEN.training(RUN).amount is None
    assert PER_TOKEN.deployment(RUN, 1) is None
    assert PER_TOKEN.spent(RUN, 100) is None
    known = replace(observed(RUN, 6, 600), tokens=80.0)
    assert PER_TOKEN.training(known).amount == pytest.approx(8.0)
    assert PER_TOKEN.measuring(known).amount == pytest.approx(0.48)
    assert PER_TOKEN.deployment(known, 2) == pytest.approx(160)
    # what was never asked has no tokens
    assert PER_TOKEN.training(zero_shot_run(40)).amount == 0


def test_a_service_counts_for_itself() -> None:
    run = served(
        replace(RUN, tokens=1.0),
        training={"requests": 50, "queries": 100, "images": 12_000, "tokens": 5000},
        measuring={"requests": 6, "queries": 6, "images": 600, "tokens": 360},
    )
    assert PER_CALL.training(run).amount == pytest.approx(1.0)
    assert PER_IMAGE.training(run).amount == pytest.approx(12.0)
    assert PER_TOKEN.training(run).amount == pytest.approx(5.0)
    assert PER_TOKEN.measuring(run).amount == pytest.approx(0.36)
    assert PER_TOKEN.deployment(run, 1) == pytest.approx(60)


def test_an_interface_of_several_requests_a_query_charges_each() -> None:
    run = served(RUN, training={"requests": 12_800, "queries": 100, "images": 12_800})
    assert PER_CALL.training(run).amount == pytest.approx(128)


def test_what_a_service_states_is_taken_before_the_price_list() -> None:
    run = served(RUN, training={"queries": 100, "images": 1, "money": 1.005})
    charged = PER_CALL.training(run)
    assert (charged.amount, charged.listed, charged.disagrees) == (1.005, 1.0, False)
    dearer = PER_CALL.training(served(RUN, training={"queries": 100, "money": 1.5}))
    assert (dearer.amount, dearer.disagrees) == (1.5, True)


def test_a_transferred_prompt_was_paid_where_it_was_trained() -> None:
    run = observed(moved(RUN), 1, 100)
    assert PER_CALL.training(run).amount == 0
    assert PER_CALL.measuring(run).amount == pytest.approx(0.01)


def test_money_spent_rises_with_queries_to_what_the_run_cost() -> None:
    spent = [PER_CALL.spent(RUN, queries) for queries in (0, 49, 50, 100, 1000)]
    assert spent == pytest.approx([0, 0, 0.5, 1.0, 1.0])
    stated = served(RUN, training={"queries": 100, "images": 12_800, "money": 3.0})
    assert [PER_CALL.spent(stated, q) for q in (0, 50, 100)] == pytest.approx([0, 1.5, 3.0])
    assert PER_CALL.spent(zero_shot_run(40), 100) == 0


@pytest.mark.parametrize(
    ("amount", "accuracy"), [(0, 30.0), (0.49, 30.0), (0.5, 40.0), (0.99, 40.0), (1, 50), (9, 50)]
)
def test_what_was_reached_for_an_amount_is_what_it_had_paid_by_then(
    amount: float, accuracy: float
) -> None:
    assert PER_CALL.reached(RUN, amount) == accuracy
    assert PER_CALL.reached(zero_shot_run(44.0), amount) == 44.0


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.floats(0.001, 1))
def test_more_money_is_never_spent_sooner(steps: list[int], price: float) -> None:
    queries = [sum(steps[:end]) for end in range(len(steps) + 1)]
    run, billing = make_run([(q, 1.0) for q in queries]), Billing(Prices(per_call=price))
    spent = [billing.spent(run, q) or 0.0 for q in queries]
    assert spent == sorted(spent)
    assert spent[-1] == pytest.approx(billing.training(run).amount)
    assert spent == pytest.approx([price * q for q in queries])


def test_a_sum_with_something_unknown_is_unknown() -> None:
    assert total([Charged(1.0), Charged(2.0, stated=2.5)]) == 3.5
    assert total([Charged(1.0), Charged(None)]) is None
    assert total([]) == 0


def test_texts_are_assumed_in_memory_alone_and_only_where_they_have_a_price() -> None:
    own = replace(RUN, tokens=80.0, texts_known=False)
    assert PER_TOKEN.assumes_texts(own)
    assert not PER_CALL.assumes_texts(own)
    assert not PER_TOKEN.assumes_texts(replace(own, texts_known=True))
    assert not PER_TOKEN.assumes_texts(served(own, training={"queries": 100, "tokens": 5000}))
