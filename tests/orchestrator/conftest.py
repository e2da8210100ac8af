"""What tests of several rooms share: one Ray cluster, and one run that nothing disturbed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # most tests need neither, and imports take seconds
    from ray.cluster_utils import Cluster

    from benchmarks.datasets.interface import Item, Split
    from orchestrator.store.trace import Trace
    from tests.orchestrator.cli.runs import Measured


@pytest.fixture(autouse=True)
def full_disks_are_not_felt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps pixels however full the disk is of the machine that runs the tests."""
    monkeypatch.setattr("orchestrator.pixels.cache.room.left_free", lambda _: 0.0)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running cluster of two CPU cores, for processes that join it by its address."""
    from ray.cluster_utils import Cluster

    # A lost node is noticed in 3 seconds, not in 15; one that is slow has as long as ever.
    health = {"health_check_period_ms": 1000, "health_check_failure_threshold": 3}
    head = {
        "num_cpus": 2,
        "num_gpus": 0,
        "include_dashboard": False,
        "object_store_memory": 100 * 2**20,
        "_system_config": health,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """What the cells of `runs.SPEC` measure when they run one after another in this process."""
    from tests.orchestrator.cli.runs import SPEC, points_of
    from tests.orchestrator.trial.test_worker import Bench

    folder = tmp_path_factory.mktemp("undisturbed")
    for seed in (1, 2):
        bench = Bench(folder, *SPEC, f"seeds=[{seed}]")
        bench.run("zip")
    bench.run("zero_shot")
    return points_of(folder)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """The trace of the cell `zip` of `test_worker.Bench` when nothing disturbs it."""
    from tests.orchestrator.trial.test_worker import Bench

    return Bench(tmp_path_factory.mktemp("whole")).run("zip")


@pytest.fixture
def few_test_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer images of the pocket to score, each of them anew for methods that change images."""
    from benchmarks.pocket.parquet_dataset import ParquetDataset

    items = ParquetDataset.items

    def fewer(dataset: ParquetDataset, split: Split) -> Sequence[Item]:
        chosen = items(dataset, split)
        return chosen if split == "train" else chosen[::24]

    monkeypatch.setattr(ParquetDataset, "items", fewer)
