"""Whole runs on a cluster that loses nodes: nothing is lost, nothing is done or counted twice.

Nodes are Ray's own processes on this machine; the GPU that two trials share is made up.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.runs import SPEC as SHORT
from tests.orchestrator.cli.runs import arguments, plan_of, points_of, started, wait_until
from tests.orchestrator.cli.trace_only import undisturbed

pytestmark = [pytest.mark.cluster, pytest.mark.fault]

SPEC = (*SHORT, "seeds=[1, 2, 3, 4]")
NODE = {"num_cpus": 2, "num_gpus": 1, "object_store_memory": 100 * 2**20}


def words(cluster: Cluster, store: Path) -> list[str]:
    """Trials share a GPU, which the cluster's first node doesn't have."""
    return arguments(store, "--address", cluster.address, "--trials-per-gpu", "2", spec=SPEC)


def wait_for_two_trials(driver: subprocess.Popen[str], store: Path) -> None:
    wait_until(lambda: len(Store(LocalStorage(store)).running_keys()) == 2, driver)


def test_a_lost_node_with_two_trials_costs_nothing(
    cluster: Cluster, tmp_path: Path, hold: Path
) -> None:
    lost = cluster.add_node(**NODE)
    with started(words(cluster, tmp_path), trace_only=True) as driver:
        wait_for_two_trials(driver, tmp_path)
        cluster.remove_node(lost, allow_graceful=False)
        hold.unlink()
        spare = cluster.add_node(**NODE)
        output, _ = driver.communicate()
    cluster.remove_node(spare)
    assert driver.returncode == 0, output
    assert output.count("a node was lost") == 2, output
    assert points_of(tmp_path) == undisturbed(plan_of(tmp_path, SPEC))


def test_a_preempted_node_costs_nothing(cluster: Cluster, tmp_path: Path, hold: Path) -> None:
    spot = cluster.add_node(**NODE)
    with started(words(cluster, tmp_path), trace_only=True) as driver:
        wait_for_two_trials(driver, tmp_path)
        _announce_preemption(cluster, spot.node_id)
        spare = cluster.add_node(**NODE)
        cluster.remove_node(spot, allow_graceful=False)
        hold.unlink()
        output, _ = driver.communicate()
    cluster.remove_node(spare)
    assert driver.returncode == 0, output
    assert points_of(tmp_path) == undisturbed(plan_of(tmp_path, SPEC))
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
