"""Whole runs on a cluster that loses nodes: nothing is lost, nothing is done or counted twice.

Nodes are Ray's own processes on this machine; the GPU that two trials share is made up.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.test_run import SPEC as SHORT
from tests.orchestrator.cli.test_run import Measured, command, points_of, wait_until
from tests.orchestrator.trial.test_worker import Bench

SEEDS = (1, 2, 3, 4)
SPEC = (*SHORT, "budget=3000", f"seeds={list(SEEDS)}")
"""Enough cells for two to be under way at once, even if one actor starts much later."""

NODE = {"num_cpus": 2, "num_gpus": 1, "object_store_memory": 100 * 2**20}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """All cells, run one after another in this process."""
    folder = tmp_path_factory.mktemp("undisturbed")
    for seed in SEEDS:
        bench = Bench(folder, *SPEC, f"seeds=[{seed}]")
        bench.run("zip")
    bench.run("zero_shot")
    return points_of(folder)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head without room for trials."""
    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": 100 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    yield cluster
    cluster.shutdown()


def start(cluster: Cluster, store: Path) -> subprocess.Popen[str]:
    joined = command(store, "--address", cluster.address, "--trials-per-gpu", "2", spec=SPEC)
    return subprocess.Popen(joined, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for_two_trials(driver: subprocess.Popen[str], store: Path) -> None:
    def two_cells_run() -> bool:
        return len(Store(LocalStorage(store)).running_keys()) == 2

    wait_until(lambda: two_cells_run() or driver.poll() is not None, 200)
    assert driver.poll() is None, driver.communicate()[0]


def test_a_lost_node_with_two_trials_costs_nothing(
    cluster: Cluster, tmp_path: Path, undisturbed: dict[str, Measured]
) -> None:
    lost = cluster.add_node(**NODE)
    driver = start(cluster, tmp_path)
    wait_for_two_trials(driver, tmp_path)
    cluster.remove_node(lost, allow_graceful=False)
    spare = cluster.add_node(**NODE)
    output, _ = driver.communicate(timeout=240)
    cluster.remove_node(spare)
    assert driver.returncode == 0, output
    assert output.count("a node was lost") == 2, output
    assert points_of(tmp_path) == undisturbed


def test_a_preempted_node_costs_nothing(
    cluster: Cluster, tmp_path: Path, undisturbed: dict[str, Measured]
) -> None:
    spot = cluster.add_node(**NODE)
    driver = start(cluster, tmp_path)
    wait_for_two_trials(driver, tmp_path)
    _announce_preemption(cluster, spot.node_id)
    spare = cluster.add_node(**NODE)
    cluster.remove_node(spot, allow_graceful=False)
    output, _ = driver.communicate(timeout=240)
    cluster.remove_node(spare)
    assert driver.returncode == 0, output
    assert points_of(tmp_path) == undisturbed
    assert "a node was lost" in output, output


def _announce_preemption(cluster: Cluster, node: str) -> None:
    """What is done when a cloud says that it will take a spot machine back."""
    said = {
        "address": cluster.address,
        "node-id": node,
        "reason": "DRAIN_NODE_REASON_PREEMPTION",
        "reason-message": "the spot instance is taken back",
        "deadline-remaining-seconds": "60",
    }
    options = [word for name, value in said.items() for word in (f"--{name}", value)]
    subprocess.run(
        [sys.executable, "-m", "ray.scripts.scripts", "drain-node", *options], check=True
    )
