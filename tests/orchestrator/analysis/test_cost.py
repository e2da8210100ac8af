"""Costs are what the ledgers say."""

from dataclasses import replace

from orchestrator.analysis.cost import cost_of, training_images, whole_sets_of
from orchestrator.analysis.runs import Run
from tests.orchestrator.analysis.builders import make_run, moved, zero_shot_run


def test_the_sum_over_runs() -> None:
    cost = cost_of([make_run([(0, 1), (10, 2)]), make_run([(0, 1), (20, 2)], seed=2)])
    assert (cost.runs, cost.queries, cost.images, cost.seconds) == (2, 30, 30 * 128, 4.0)


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


def trained_on(images: int, seed: int = 1) -> Run:
    """A run of 10 queries of 128 images each."""
    run = make_run([(0, 1), (10, 2)], seed=seed)
    return replace(run, trace=replace(run.trace, provenance={"train_images": images}))


def test_a_whole_set_evaluation_is_as_many_images_as_there_are_to_train_on() -> None:
    assert whole_sets_of([trained_on(64)]) == 20
    assert cost_of([trained_on(64), trained_on(128, seed=2)]).whole_sets == 30


def test_whole_sets_are_unknown_where_training_images_are() -> None:
    own = make_run([(0, 1), (10, 2)], dataset="of_mine")
    assert cost_of([own]).whole_sets is None
    assert cost_of([own, trained_on(64)]).whole_sets is None


def test_methods_that_do_not_train_see_no_training_set() -> None:
    assert whole_sets_of([zero_shot_run(40)]) is None
    assert whole_sets_of([zero_shot_run(40), moved(make_run([(20, 50)])), trained_on(64)]) == 20


def test_older_traces_had_the_shots_of_every_class() -> None:
    run = make_run([(0, 1), (10, 2)], dataset="eurosat")
    assert training_images(run) == 10 * 16
    halved = {**run.trace.cell, "protocol": "base_to_new"}
    base = replace(run, trace=replace(run.trace, cell=halved))
    assert training_images(base) == 5 * 16
    own = replace(run, trace=replace(run.trace, provenance={"own_dataset": True}))
    assert training_images(own) is None, "a dataset of the user's own may have any name"


def test_measuring_is_no_training() -> None:
    run = make_run([(0, 1), (10, 2)])
    timing = {"total": 5.0, "evaluation": 3.0, "seconds_per_query": 0.2}
    cost = cost_of([replace(run, trace=replace(run.trace, timing=timing))])
    assert (cost.seconds, cost.measuring_seconds, cost.seconds_per_query) == (2.0, 3.0, 0.2)
