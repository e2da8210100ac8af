"""The cluster files are what Ray, AWS and KubeRay will accept, as far as that can be said here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from orchestrator.cli import main as cli

ROOT = Path(__file__).parent.parent.parent
CLUSTERS = ROOT / "clusters"
RAY = re.search(r"^ray==(.*)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((CLUSTERS / name).read_text())
    return document


def settings(document: dict[str, Any]) -> dict[str, str]:
    """The environment that a cluster file writes for the driver."""
    words = document["setup_commands"][0].replace("\\\n", " ").split()
    return dict(word.split("=", 1) for word in words if "=" in word)


@pytest.mark.parametrize("name", ["gpu.yaml", "local.yaml"])
class TestRayFiles:
    def test_ray_s_schema_accepts_it(self, name: str) -> None:
        validate_config(prepare_config(read(name)))

    def test_everything_that_is_mounted_is_there(self, name: str) -> None:
        mounts = read(name)["file_mounts"]
        own = [path for path in mounts.values() if not path.startswith("~")]
        assert all((ROOT / path).exists() for path in own)
        assert {"pyproject.toml", "constraints.txt", "orchestrator"} <= set(own)

    def test_the_driver_joins_the_cluster_by_itself(self, name: str) -> None:
        assert settings(read(name))["RAY_ADDRESS"] == "auto"

    def test_only_who_has_the_token_gets_in_and_the_dashboard_stays_inside(self, name: str) -> None:
        document = read(name)
        assert settings(document)["RAY_AUTH_MODE"] == "token"
        assert "~/.ray/auth_token" in document["file_mounts"]
        start = next(c for c in document["head_start_ray_commands"] if "ray start" in c)
        assert "--dashboard-host=127.0.0.1" in start

    def test_every_setting_is_one_that_the_command_line_knows(self, name: str) -> None:
        run = typer.main.get_command(cli.app).commands["run"]  # type: ignore[attr-defined]
        known = {parameter.envvar for parameter in run.params}
        assert {v for v in settings(read(name)) if not v.startswith("RAY_")} <= known


def test_gpu_workers_are_spot_first_and_on_demand_otherwise() -> None:
    types = read("gpu.yaml")["available_node_types"]
    spot, demand = types["gpu_spot"], types["gpu_on_demand"]
    assert spot["node_config"].pop("InstanceMarketOptions") == {"MarketType": "spot"}
    assert spot["node_config"] == demand["node_config"], "the second choice is the same machine"
    assert spot["priority"] > demand["priority"]
    assert spot.get("min_workers", 0) == demand.get("min_workers", 0) == 0


def test_no_secret_is_written_into_a_cluster_file() -> None:
    for path in filter(Path.is_file, CLUSTERS.iterdir()):
        assert not re.search(r"AKIA|aws_secret|BEGIN .*PRIVATE KEY", path.read_text()), path


def test_kuberay_runs_the_command_with_a_token_on_workers_that_scale() -> None:
    document = read("kuberay.yaml")
    assert (document["apiVersion"], document["kind"]) == ("ray.io/v1", "RayJob")
    job, cluster = document["spec"], document["spec"]["rayClusterSpec"]
    assert job["entrypoint"].startswith("python run_benchmark.py run ")
    assert job["shutdownAfterJobFinishes"] is True
    assert cluster["enableInTreeAutoscaling"] is True
    assert cluster["authOptions"] == {"mode": "token"}
    (workers,) = cluster["workerGroupSpecs"]
    assert workers["minReplicas"] == 0 < workers["maxReplicas"]
    (container,) = workers["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_kuberay_s_ray_is_the_one_in_the_constraints() -> None:
    assert RAY is not None
    assert read("kuberay.yaml")["spec"]["rayClusterSpec"]["rayVersion"] == RAY[1]
    assert f"rayproject/ray:{RAY[1]}-" in (CLUSTERS / "Dockerfile").read_text()


def test_the_image_holds_what_the_clusters_mount() -> None:
    copied = set(re.findall(r"\S+", (CLUSTERS / "Dockerfile").read_text()))
    mounted = {path for path in read("gpu.yaml")["file_mounts"].values() if path[0] != "~"}
    assert mounted - {"clusters"} <= copied
