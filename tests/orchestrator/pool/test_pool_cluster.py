"""The pool on a cluster that changes while it works: late GPUs are used, lost nodes are survived.

Nodes are Ray's own processes on this machine; GPUs are made up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import ray
from ray.autoscaler.v2.sdk import get_cluster_status
from ray.cluster_utils import Cluster

from orchestrator.pool.cluster import connected
from orchestrator.pool.pool import ActorPool, PoolTask
from orchestrator.pool.slots import PoolLimits
from tests.orchestrator.cli.runs import wait_until
from tests.orchestrator.pool.gpu_actor import make_actor

pytestmark = [pytest.mark.cluster, pytest.mark.fault]


class Work:
    """Equal tasks without an end, until `left` is set."""

    left: int | None = None

    def __init__(self, do: Callable[[Any], Any] = lambda actor: actor.work.remote(0.2)) -> None:
        self.given = 0
        self._do = do

    def next_task(self) -> PoolTask | None:
        if self.exhausted():
            return None
        if self.left is not None:
            self.left -= 1
        self.given += 1
        return PoolTask(f"t{self.given}", self._do)

    def exhausted(self) -> bool:
        return self.left == 0


@pytest.fixture
def gpu(cluster: Cluster) -> Iterator[Callable[[], Any]]:
    """Adds nodes with a GPU each to the cluster, where one is already; they leave with the test."""
    nodes = []

    def add() -> Any:
        nodes.append(cluster.add_node(num_cpus=1, num_gpus=1, object_store_memory=100 * 2**20))
        return nodes[-1]

    add()
    with connected(cluster.address):
        yield add
    for node in nodes:
        if node in cluster.worker_nodes:
            cluster.remove_node(node)


def test_late_gpus_are_used_and_a_lost_node_costs_no_task(
    cluster: Cluster, gpu: Callable[[], Any]
) -> None:
    events: list[str] = []
    limits = PoolLimits(cpus=0, gpus=1, crashes=1)
    pool = ActorPool(make_actor, limits, on_event=events.append)
    work, late, lost = Work(), None, None
    nodes: list[str] = []
    names: list[str] = []
    with pool:
        for outcome in pool.run(work):
            assert outcome.error == ""
            names.append(outcome.task.id)
            nodes.append(outcome.value)
            if len(names) == 3:
                late = gpu()
            if late is not None and lost is None and nodes.count(late.node_id) == 4:
                lost = late
                cluster.remove_node(late, allow_graceful=False)
            if work.left is None and any("a node was lost" in event for event in events):
                # with `crashes=1` a lost node that counted as a crash would have failed its task
                work.left = 5
    assert Counter(names) == Counter({f"t{n + 1}": 1 for n in range(work.given)})
    assert lost is not None
    assert nodes[-1] != lost.node_id


def test_actors_are_asked_for_before_there_is_room_so_that_a_cluster_grows(
    gpu: Callable[[], Any],
) -> None:
    names: list[str] = []
    nodes: set[str] = set()
    work, pool = Work(), ActorPool(make_actor, PoolLimits(cpus=0, gpus=1, actors=2))
    with pool:
        for outcome in pool.run(work):
            names.append(outcome.task.id)
            nodes.add(outcome.value)
            if len(names) == 2:
                wait_until(lambda: _gpus_asked_for() == 1)  # what an autoscaler looks at
                gpu()
            if work.left is None and len(nodes) == 2:
                work.left = 5
    assert Counter(names) == Counter({f"t{n + 1}": 1 for n in range(work.given)})


def test_each_gpu_of_a_machine_with_four_has_an_actor_of_its_own(cluster: Cluster) -> None:
    machine = cluster.add_node(num_cpus=4, num_gpus=4, object_store_memory=100 * 2**20)
    seen: list[str] = []
    work = Work(lambda actor: actor.gpus.remote())
    with connected(cluster.address), ActorPool(make_actor, PoolLimits(cpus=1, gpus=1)) as pool:
        for outcome in pool.run(work):
            assert outcome.error == ""
            seen.append(outcome.value)
            if work.left is None and len(set(seen)) == 4:
                work.left = 4
    cluster.remove_node(machine)
    assert set(seen) == {"0", "1", "2", "3"}


def _gpus_asked_for() -> float:
    """GPUs that waiting actors ask of the cluster."""
    state = get_cluster_status(ray.get_runtime_context().gcs_address)
    waiting = state.resource_demands.ray_task_actor_demand
    return sum(
        bundle.count * bundle.bundle.get("GPU", 0)
        for demand in waiting
        for bundle in demand.bundles_by_count
    )
