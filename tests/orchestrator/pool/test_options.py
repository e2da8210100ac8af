"""What is said on the command line reaches the oracle actors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.oracle.backbone import Backbone, RemoteModel, ResolvedBackbone
from orchestrator.oracle.remote.description import Capabilities, ImageForm
from orchestrator.oracle.remote.service import Open
from orchestrator.plan.planner import make_plan
from orchestrator.pool import cluster
from orchestrator.pool.actors import OracleActorFactory
from orchestrator.pool.options import LaunchOptions, pool_limits, worker_setup
from orchestrator.pool.slots import PoolLimits
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store

OPTIONS = LaunchOptions(
    data_root="data",
    address=None,
    actors=None,
    cpus=2.5,
    trials_per_gpu=None,
    compile=False,
    checkpoint_seconds=7.0,
    tracking_uri=None,
    patience=5.0,
    pixel_cache=7_000_000,
)


@pytest.mark.parametrize("compiled", [False, True])
def test_an_actor_is_told_how_to_run(compiled: bool, tmp_path: Path) -> None:
    store = Store(LocalStorage(tmp_path))
    plan = make_plan(load_spec("demo", ("datasets=[pocket_dots]", "seeds=[1]")), store, tmp_path)
    options = replace(OPTIONS, data_root=str(tmp_path), compile=compiled)
    setup = worker_setup(plan, plan.backbone, store, options, Open())
    assert setup.compile is compiled
    assert (setup.threads, setup.checkpoint_interval, setup.patience) == (2, 7.0, 5.0)
    assert setup.pixel_cache == 7_000_000


@pytest.mark.parametrize(("sharing", "on_cpu"), [(None, False), (0, True), (2, False)])
def test_an_actor_that_is_to_leave_gpus_alone_is_told(
    sharing: int | None, on_cpu: bool, tmp_path: Path
) -> None:
    store = Store(LocalStorage(tmp_path))
    plan = make_plan(load_spec("demo", ("datasets=[pocket_dots]", "seeds=[1]")), store, tmp_path)
    options = replace(OPTIONS, trials_per_gpu=sharing)
    assert worker_setup(plan, plan.backbone, store, options, Open()).on_cpu is on_cpu


@pytest.mark.parametrize(
    ("sharing", "nodes", "cores"),
    [
        (1, [{"CPU": 64, "GPU": 8}], 8),
        (3, [{"CPU": 12, "GPU": 1}], 4),
        (2, [{"CPU": 48, "GPU": 4}, {"CPU": 8, "GPU": 1}, {"CPU": 2}], 4),
        (1, [{"CPU": 208, "GPU": 8}], 16),
        (4, [{"CPU": 2, "GPU": 1}], 1),
        (1, [{"CPU": 4}], 1),
        (0, [{"CPU": 64, "GPU": 8}], 1),
    ],
)
def test_actors_on_gpus_share_their_nodes_cores_unasked(
    sharing: int, nodes: list[dict[str, float]], cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [{"Alive": True, "Resources": node} for node in nodes]
    found.append({"Alive": False, "Resources": {"CPU": 1, "GPU": 1}})
    monkeypatch.setattr(cluster.ray, "nodes", lambda: found)
    loaded = ResolvedBackbone("pocket", "pocket", None, "x")
    options = replace(OPTIONS, cpus=None, trials_per_gpu=sharing)
    assert pool_limits(options, loaded).cpus == cores
    assert pool_limits(replace(options, cpus=2), loaded).cpus == 2


def test_the_models_threads_are_not_those_that_decode(tmp_path: Path) -> None:
    store = Store(LocalStorage(tmp_path))
    plan = make_plan(load_spec("demo", ("datasets=[pocket_dots]", "seeds=[1]")), store, tmp_path)
    setup = worker_setup(plan, plan.backbone, store, replace(OPTIONS, cpus=None), Open())
    made = OracleActorFactory(setup, cpus=12, gpus=1).loads
    assert (made.threads, made.decoders) == (1, 12)
    assert OracleActorFactory(setup, cpus=0.5).loads.decoders == 1


@pytest.mark.parametrize("sharing", [None, 2])
def test_an_actor_that_asks_a_service_takes_no_gpu(
    sharing: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster.ray, "cluster_resources", lambda: {"GPU": 4.0})
    options = replace(OPTIONS, cpus=0.5, actors=6, trials_per_gpu=sharing)
    loaded = ResolvedBackbone("pocket", "pocket", None, "x")
    images = ImageForm(size=8, mean=(0, 0, 0), std=(1, 1, 1))
    offered = Capabilities(model="x", fingerprint="f", images=images)
    remote = RemoteModel(Backbone(model="x", service="http://localhost:1"), offered)
    asked = replace(loaded, remote=remote)
    assert pool_limits(options, loaded) == PoolLimits(0.5, 1 / (sharing or 1), 6)
    assert pool_limits(options, asked) == PoolLimits(0.5, 0, 6)
