"""The feature cache: encoded once, right for what it is asked, and safe with many writers."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from benchmarks.preprocessing import Preprocessing
from orchestrator.cli.main import app
from orchestrator.oracle.features import feature_digest
from orchestrator.pixels.split import ImageSplit
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.feature_cache import FeatureCache
from tests.benchmarks.toy_dataset import ToyDataset
from tests.orchestrator.plan.test_transfers import Desk

PLAIN = Preprocessing(8, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def split() -> ImageSplit:
    dataset = ToyDataset()
    return ImageSplit(dataset, tuple(dataset.items("test")), PLAIN)


class Counting:
    """An encoder that counts the images it was given."""

    def __init__(self) -> None:
        self.images = 0

    def __call__(self, images: Tensor) -> Tensor:
        self.images += len(images)
        return torch.nn.functional.normalize(images.flatten(1)[:, :16], dim=-1)


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(Store(LocalStorage(tmp_path)), "weights", "fp32")


def test_images_are_encoded_once(cache: FeatureCache) -> None:
    encoder = Counting()
    first, second = (cache.table("images", split(), encoder) for _ in range(2))
    assert encoder.images == 9
    assert (first.features == second.features).all()
    assert second.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_whatever_features_depend_on_is_in_their_name(cache: FeatureCache) -> None:
    base = ("weights", "images", PLAIN, "fp32")
    others = (
        ("other", "images", PLAIN, "fp32"),
        ("weights", "other", PLAIN, "fp32"),
        ("weights", "images", replace(PLAIN, size=9), "fp32"),
        ("weights", "images", PLAIN, "bf16"),
    )
    names = {feature_digest(*parts) for parts in (base, *others)}  # type: ignore[arg-type]
    assert len(names) == 5


@pytest.mark.parametrize("damage", ["cut", "empty", "of other images"])
def test_damaged_features_are_made_anew(cache: FeatureCache, damage: str) -> None:
    encoder = Counting()
    whole = cache.table("images", split(), encoder)
    (name,) = cache.store.storage.names("features")
    digest = name.removeprefix("features/").removesuffix(".safetensors")
    data = {
        "cut": whole.to_bytes()[:-5],
        "empty": b"",
        "of other images": whole.part([0, 1], [0, 0]).to_bytes(),
    }[damage]
    cache.store.save_features(digest, data)
    again = cache.table("images", split(), encoder)
    assert encoder.images == 18
    assert (again.features == whole.features).all()
    assert cache.stored(digest, split()) is not None


def test_forgotten_features_are_made_anew(cache: FeatureCache) -> None:
    encoder = Counting()
    cache.table("images", split(), encoder)
    (size,) = cache.store.feature_sizes()
    assert size > 9 * 16 * 4
    assert cache.store.forget_features() == 1
    assert cache.store.feature_sizes() == ()
    cache.table("images", split(), encoder)
    assert encoder.images == 18


def _fill(folder: str, rounds: int) -> None:
    """Writes the same few tables again and again, and reads each back whole."""
    cache = FeatureCache(Store(LocalStorage(Path(folder))), "weights", "fp32")
    for number in range(rounds):
        digest = f"digest{number % 3}"
        written = cache.encode(digest, split(), Counting())
        read = cache.stored(digest, split())
        assert read is not None
        assert (read.features == written.features).all()


def test_two_processes_may_write_one_cache(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_fill, args=(str(tmp_path), 30)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    names = Store(LocalStorage(tmp_path)).storage.names("features")
    assert names == tuple(f"features/digest{number}.safetensors" for number in range(3))
    assert len(list((tmp_path / "features").iterdir())) == 3, "nothing half written is left"


def test_a_run_can_be_told_to_encode_everything_anew(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    settings = ("datasets=[pocket_dots]", "methods=[zero_shot]")
    plan = desk.plan_of("demo", *settings)
    for cell in plan.to_run():
        desk.run(cell, plan)
    words = [word for setting in settings for word in ("--set", setting)]
    fixed = ["--store", str(tmp_path), "--no-tracking", "--rebuild-features"]
    result = CliRunner().invoke(app, ["run", "demo", *words, *fixed])
    assert result.exit_code == 0, result.output
    assert desk.store.feature_sizes() == ()
    assert desk.plan_of("demo", *settings).counts() == {"done": 1}, "results stay as they are"
