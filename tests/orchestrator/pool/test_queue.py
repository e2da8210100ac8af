"""The queue gives out what can run: encodings first, sources before what tests their prompts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.pool import queue as cell_queue
from orchestrator.pool.pool import Outcome, PoolTask
from orchestrator.pool.queue import CellQueue
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.plan.test_transfers import TRANSFER

TABLE = FeatureTable(np.zeros((1, 2), np.float32), np.zeros(1, np.int64))


@pytest.fixture
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[PlannedCell, ...]:
    monkeypatch.setattr(cell_queue.ray, "put", lambda table: table)
    store = Store(LocalStorage(tmp_path))
    return make_plan(load_spec("demo", (*TRANSFER, "methods=[zip]")), store, tmp_path).cells


class Features:
    """Which tables are stored."""

    def __init__(self, cells: tuple[PlannedCell, ...]) -> None:
        self.stored = {cell.features for cell in cells}

    def __call__(self, digest: str) -> FeatureTable | None:
        return TABLE if digest in self.stored else None


def next_cell(queue: CellQueue) -> PlannedCell | None:
    task = queue.next_task()
    return None if task is None else queue.cell_of(task)


def test_what_tests_a_prompt_waits_until_it_is_trained(cells: tuple[PlannedCell, ...]) -> None:
    source, *targets = cells
    queue = CellQueue((*targets, source), Features(cells))
    assert next_cell(queue) == source
    assert next_cell(queue) is None
    assert not queue.exhausted(), "more will come"
    assert queue.ended(source, failed=False) == []
    assert [next_cell(queue), next_cell(queue)] == targets
    assert queue.exhausted()


def test_what_tests_a_prompt_falls_with_it(cells: tuple[PlannedCell, ...]) -> None:
    source, *targets = cells
    queue = CellQueue(cells, Features(cells))
    assert next_cell(queue) == source
    assert queue.ended(source, failed=True) == targets
    assert queue.exhausted()


def test_with_the_source_done_nothing_waits(cells: tuple[PlannedCell, ...]) -> None:
    queue = CellQueue(cells[1:], Features(cells))
    assert [next_cell(queue), next_cell(queue)] == list(cells[1:])


def test_a_released_cell_may_still_have_to_wait_for_its_features(
    cells: tuple[PlannedCell, ...],
) -> None:
    source, target, _ = cells
    features = Features((source,))
    queue = CellQueue((source, target), features)
    assert next_cell(queue) == source
    queue.ended(source, failed=False)
    task = queue.next_task()
    assert task is not None
    assert task.id == f"encode {target.features}"
    features.stored.add(target.features)
    assert queue.encoded(Outcome(PoolTask(task.id, lambda _: None))) == []
    assert next_cell(queue) == target


def test_a_failed_encoding_strands_its_cells(cells: tuple[PlannedCell, ...]) -> None:
    source, *_ = cells
    queue = CellQueue((source,), Features(()))
    task = queue.next_task()
    assert task is not None
    assert queue.encoded(Outcome(task, error="no such file")) == [source]


def test_the_store_is_asked_once_for_the_features_that_many_cells_wait_for(
    cells: tuple[PlannedCell, ...],
) -> None:
    source, *_ = cells
    asked: list[str] = []
    queue = CellQueue(
        (source, replace(source, key="other"), replace(source, key="third")), asked.append
    )
    assert asked == [source.features]
    (task,) = [queue.next_task()]
    assert task is not None
    assert task.id == f"encode {source.features}"
    assert queue.next_task() is None, "one encoding serves all"
