"""What tests of deployed prompts share: a store with a few cells that have run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.pocket.parquet_dataset import ParquetDataset
from tests.orchestrator.deploy.desk import Desk


@pytest.fixture(scope="package")
def few_images() -> Iterator[None]:
    """Fewer test images of the pocket, for as long as tests of this folder run."""
    items = ParquetDataset.items
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            ParquetDataset,
            "items",
            lambda dataset, split: items(dataset, split)[:: 24 if split == "test" else 1],
        )
        yield


@pytest.fixture(scope="package")
def done(few_images: None, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A store with cells of zip, bar and zero_shot that have finished."""
    methods = "methods=[zero_shot, {name: zip, intrinsic_dimension: 100}, bar]"
    folder = tmp_path_factory.mktemp("store")
    desk = Desk(folder, methods, "budget=40", "augmentation=none")
    desk.traces()
    return desk
