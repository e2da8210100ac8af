"""A real search on Ray: Tune's light trials borrow oracles; a loan ends with its borrower."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster
from rich.console import Console

from orchestrator.analysis.search import Search
from orchestrator.pool.cluster import connected
from orchestrator.pool.slots import PoolLimits
from orchestrator.search.broker import OracleBroker
from orchestrator.search.display import SearchDisplay
from orchestrator.search.plan import plan_with_result, searched
from orchestrator.search.run import SearchRun
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.messages import WorkerSetup
from tests.orchestrator.search.loan_actors import Oracle, Owner

SPEC = (
    "budget=60",
    "evaluation.points=3",
    "search.trials=4",
    "search.seeds=[101]",
    "search.pruner.grace=20",
)


pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def connection(cluster: Cluster) -> Iterator[None]:
    with connected(cluster.address):
        yield


def _owner() -> Any:
    remote: Any = ray.remote(Owner)
    return remote.options(num_cpus=0).remote()


@pytest.fixture
def broker(connection: None) -> Iterator[Any]:
    remote: Any = ray.remote(OracleBroker)
    oracle: Any = ray.remote(Oracle)

    def factory() -> Any:
        return oracle.options(num_cpus=1, max_restarts=0).remote()

    broker = remote.options(num_cpus=0).remote(factory, PoolLimits(actors=1))
    yield broker
    ray.kill(broker)


def test_an_oracle_is_lent_to_one_owner_at_a_time(broker: Any) -> None:
    first, second = _owner(), _owner()
    identity = ray.get(first.take.remote(broker))
    waiting = second.take.remote(broker)
    assert ray.wait([waiting], timeout=0.5)[0] == []
    ray.get(first.give_back.remote(broker))
    assert ray.get(waiting) == identity


def test_a_loan_ends_with_its_owner(broker: Any) -> None:
    first, second = _owner(), _owner()
    identity = ray.get(first.take.remote(broker))
    waiting = second.take.remote(broker)
    ray.kill(first)
    assert ray.get(waiting) != identity
    assert any("its oracle is replaced" in line for line in ray.get(broker.news.remote()))


def test_a_search_runs_on_borrowed_oracles_and_is_then_over(
    connection: None, tmp_path: Path
) -> None:
    spec, store = load_spec("search_clipping_pocket", SPEC), Store(LocalStorage(tmp_path))
    search = _run(spec, store, tmp_path)
    assert search.is_over
    assert search.best is not None
    assert {trial.state for trial in search.trials} <= {"complete", "pruned"}
    complete = {key for trial in search.trials if trial.state == "complete" for key in trial.keys}
    pruned = {key for trial in search.trials if trial.state == "pruned" for key in trial.keys}
    assert complete <= store.finished_keys()
    assert pruned == store.pruned_keys()
    assert not pruned & store.finished_keys()
    _check_plan(spec, store, tmp_path, search)


def _run(spec: Any, store: Store, folder: Path) -> Search:
    found = searched(spec, store, folder)
    assert found is not None
    setup = WorkerSetup(found.plan.backbone, spec.precision, str(folder), str(folder), "refuse")
    display = SearchDisplay(found.search, Console(quiet=True))
    return SearchRun(found, setup, PoolLimits(), display).run()


def _check_plan(spec: Any, store: Store, folder: Path, search: Search) -> None:
    """What follows from a search: its result, and the base with all its queries, both on test."""
    plan = plan_with_result(spec, store, folder)
    assert search.best is not None
    found = [cell for cell in plan.cells if cell.label == "zip-searched"]
    assert [cell.cell.seed for cell in found] == [1, 2, 3]
    assert all(c.cell.method.settings["clip"] == search.best.point["clip"] for c in found)
    longer = [cell for cell in plan.cells if cell.label == "zip-longer"]
    assert {cell.cell.budget for cell in longer} == {60 + search.queries}
    assert not any(cell.cell.blind for cell in plan.cells)
