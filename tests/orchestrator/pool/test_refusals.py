"""An actor that can't work says why; a task whose error can't be read costs no other task."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any

import pytest
from ray.exceptions import ActorDiedError, RaySystemError

from orchestrator.errors import UserError
from orchestrator.pool import actors
from orchestrator.pool.actors import OracleActor
from orchestrator.pool.pool import ActorPool, Outcome, PoolTask
from orchestrator.pool.slots import ActorSlots, PoolError, PoolLimits
from orchestrator.trial.worker import Worker
from tests.orchestrator.pool.fake_ray import FakeActor, FakeRay, fake_ray

__all__ = ["fake_ray"]

DAMAGED = "the weights file w.pt is cut short"


class Tasks:
    """A list of tasks that call `work`."""

    def __init__(self, count: int) -> None:
        self._left = [PoolTask(f"t{n}", lambda actor: actor.work.remote()) for n in range(count)]

    def next_task(self) -> PoolTask | None:
        return self._left.pop(0) if self._left else None

    def exhausted(self) -> bool:
        return not self._left


def outcomes_of(
    made: Iterable[FakeActor], tasks: int, told: list[str], most: int | None = None
) -> list[Outcome]:
    """Runs tasks on actors that are made one after another."""
    with ActorPool(iter(made).__next__, PoolLimits(actors=most), on_event=told.append) as pool:
        return list(pool.run(Tasks(tasks)))


def test_actors_that_start_are_expected_where_nodes_have_room(fake_ray: FakeRay) -> None:
    slots = ActorSlots(FakeActor, PoolLimits(actors=5))
    slots.look_around()
    slots.grow(5)
    assert (len(slots), slots.ready, slots.expected) == (5, 0, 2)
    slots.wait((), timeout=0)
    assert (slots.ready, slots.expected) == (5, 5), "they came, on new nodes"


def test_a_refusal_ends_the_run_at_once_with_its_own_words(fake_ray: FakeRay) -> None:
    refusing = FakeActor(DAMAGED)
    told: list[str] = []
    with pytest.raises(PoolError) as caught:
        outcomes_of([refusing], 1, told)
    assert (str(caught.value), told, fake_ray.killed) == (DAMAGED, [], [refusing])


def test_a_node_whose_actors_refuse_leaves_the_work_to_others(fake_ray: FakeRay) -> None:
    made = chain([FakeActor(DAMAGED), FakeActor(work=lambda: 1)], repeat(FakeActor(DAMAGED)))
    told: list[str] = []
    found = outcomes_of(made, 3, told)
    assert [outcome.value for outcome in found] == [1, 1, 1]
    assert told.count(f"an actor can't work: {DAMAGED}") == 1


def test_actors_that_die_while_they_start_end_the_run_in_a_sentence(fake_ray: FakeRay) -> None:
    died = ActorDiedError(None)
    died.error_msg = "Traceback ...\nRuntimeError: CUDA out of memory"
    told: list[str] = []
    with pytest.raises(PoolError) as caught:
        outcomes_of([FakeActor(fails=died)] * 3, 1, told)
    assert "in 3 attempts: RuntimeError: CUDA out of memory. " in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert told == ["an actor failed to start: RuntimeError: CUDA out of memory"] * 3


def test_an_error_that_cannot_be_read_here_fails_its_task_alone(fake_ray: FakeRay) -> None:
    def unreadable() -> None:
        raise RaySystemError("Failed to unpickle serialized exception")

    first = FakeActor(work=unreadable)
    made = [first, FakeActor(work=lambda: 1), FakeActor(work=lambda: 1)]
    told: list[str] = []
    found = {one.task.id: one for one in outcomes_of(made, 3, told, most=1)}
    assert "Failed to unpickle" in found["t0"].error
    assert [found["t1"].value, found["t2"].value] == [1, 1]
    assert not any("died" in line for line in told)
    assert first in fake_ray.killed, "what it holds is in doubt"


def test_what_a_worker_refuses_to_load_is_the_refusal_of_its_actor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: Any) -> None:
        raise UserError(DAMAGED)

    monkeypatch.setattr(Worker, "__init__", fails)
    setup: Any = None
    assert OracleActor(setup).refusal == DAMAGED
    assert actors.OracleActor.refusal == ""
