"""The pool on a cluster that changes while it works: late GPUs are used, lost nodes are survived.

Nodes are Ray's own processes on this machine; GPUs are made up.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import ray
from ray.autoscaler.v2.sdk import get_cluster_status
from ray.cluster_utils import Cluster

from orchestrator.pool.pool import ActorPool, PoolListener, PoolTask
from orchestrator.pool.slots import PoolLimits


class OnGpu:
    """An actor that takes a while to start and says which node it is on."""

    def __init__(self) -> None:
        time.sleep(0.5)

    def work(self, seconds: float) -> str:
        time.sleep(seconds)
        return str(ray.get_runtime_context().get_node_id())


def make_actor() -> Any:
    remote: Any = ray.remote(OnGpu)
    return remote.options(num_cpus=0, num_gpus=1, max_restarts=0).remote()


class Work:
    """Equal tasks; `count` may grow."""

    def __init__(self, count: int, seconds: float) -> None:
        self._left = list(range(count))
        self._seconds = seconds

    def next_task(self) -> PoolTask | None:
        if not self._left:
            return None
        number = self._left.pop(0)
        return PoolTask(f"t{number}", lambda actor: actor.work.remote(self._seconds))

    def exhausted(self) -> bool:
        return not self._left


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 1,
            "num_gpus": 1,
            "include_dashboard": False,
            "object_store_memory": 100 * 2**20,
        },
    )
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def test_late_gpus_are_used_and_a_lost_node_costs_no_task(cluster: Cluster) -> None:
    events: list[str] = []
    limits = PoolLimits(cpus=0, gpus=1, crashes=1)
    pool = ActorPool(make_actor, limits, PoolListener(on_event=events.append))
    late = lost = None
    nodes: list[str] = []
    names: list[str] = []
    with pool:
        for outcome in pool.run(Work(60, 0.4)):
            assert outcome.error == ""
            names.append(outcome.task.id)
            nodes.append(outcome.value)
            if len(names) == 3:
                late = cluster.add_node(num_cpus=1, num_gpus=1, object_store_memory=100 * 2**20)
            if late is not None and lost is None and nodes.count(late.node_id) == 4:
                lost = late
                cluster.remove_node(late, allow_graceful=False)
    assert Counter(names) == Counter({f"t{n}": 1 for n in range(60)})
    assert lost is not None, "the late node was never used"
    assert nodes[-1] != lost.node_id
    # with `crashes=1` a lost node that counted as a crash would have failed its task
    assert any("a node was lost" in event for event in events), events


def test_actors_are_asked_for_before_there_is_room_so_that_a_cluster_grows(
    cluster: Cluster,
) -> None:
    names: list[str] = []
    pool = ActorPool(make_actor, PoolLimits(cpus=0, gpus=1, actors=2))
    with pool:
        for outcome in pool.run(Work(20, 0.3)):
            names.append(outcome.task.id)
            if len(names) == 2:
                assert _gpus_asked_for() == 1, "what an autoscaler looks at"
                cluster.add_node(num_cpus=1, num_gpus=1, object_store_memory=100 * 2**20)
    assert Counter(names) == Counter({f"t{n}": 1 for n in range(20)})


def _gpus_asked_for() -> float:
    """GPUs that waiting actors ask of the cluster."""
    state = get_cluster_status(ray.get_runtime_context().gcs_address)
    waiting = state.resource_demands.ray_task_actor_demand
    return sum(
        bundle.count * bundle.bundle.get("GPU", 0)
        for demand in waiting
        for bundle in demand.bundles_by_count
    )
