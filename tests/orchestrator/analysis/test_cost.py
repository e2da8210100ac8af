"""Costs are what the ledgers say."""

from dataclasses import replace

import pytest

from orchestrator.analysis.cost import cost_of
from orchestrator.spec.spec import PriceSpec
from tests.orchestrator.analysis.builders import make_run


def test_the_sum_over_runs() -> None:
    cost = cost_of([make_run([(0, 1), (10, 2)]), make_run([(0, 1), (20, 2)], seed=2)])
    assert (cost.runs, cost.queries, cost.images, cost.seconds) == (2, 30, 30 * 128, 4.0)


def test_money_is_charged_for_queries_and_images() -> None:
    price = PriceSpec(per_1000_queries=2.0, per_1000_images=0.5)
    assert price.of(5000, 640_000) == pytest.approx(10 + 320)
    assert price.known
    assert not PriceSpec().known


def test_a_transferred_prompt_is_paid_where_it_was_trained() -> None:
    run = make_run([(20, 50)])
    cell = {**run.trace.cell, "source": {"dataset": "letters", "key": "x"}}
    moved = replace(run, trace=replace(run.trace, cell=cell))
    assert cost_of([run]).queries == 20
    assert cost_of([moved]).queries == 0
    assert not moved.trains


def test_a_cell_that_broke_down_without_ledgers_costs_what_is_known_of_it() -> None:
    run = make_run([(0, 1), (10, 2)])
    assert cost_of([replace(run, trace=replace(run.trace, ledgers={}, timing={}))]).queries == 0
