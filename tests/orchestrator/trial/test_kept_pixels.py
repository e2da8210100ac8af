"""Cells whose images are kept on disk leave the same traces, and open each image once."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from benchmarks.datasets.image_folder import ImageFolderDataset
from benchmarks.datasets.interface import Item
from orchestrator.pixels import digests
from orchestrator.store.trace import Trace
from orchestrator.trial.worker import Worker
from tests.orchestrator.trial.test_worker import Bench, pocket_as_files


@pytest.fixture(scope="module")
def dots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pocket_as_files(tmp_path_factory.mktemp("dots"))


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files were changed a while ago, so that what is kept of them lasts."""
    later = SimpleNamespace(time_ns=lambda: time.time_ns() + 60 * 10**9)
    monkeypatch.setattr(digests, "time", later)


def traced(folder: Path, dots: Path, kept: int, *overrides: str) -> Trace:
    """What a short cell that prompts pixels leaves."""
    given = (f"datasets=[{{name: beasts, path: {dots}}}]", "evaluation.points=1", "shots=[8]")
    bar = "methods=[{name: bar, batch_size: 8}]"
    bench = Bench(folder, bar, "budget=12", *given, *overrides)
    bench.worker = Worker(replace(bench.setup, pixel_cache=kept, decoders=2))
    return bench.run("bar")


@pytest.mark.parametrize(
    ("augmentation", "protocol"), [("crop_flip", "few_shot"), ("none", "base_to_new")]
)
def test_nothing_depends_on_what_is_kept(
    augmentation: str, protocol: str, dots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "cache"))
    how = (f"augmentation={augmentation}", f"protocol={protocol}")
    plain = traced(tmp_path / "plain", dots, 0, *how)
    opened: Counter[str] = Counter()
    open_it = ImageFolderDataset.open

    def counted(self: ImageFolderDataset, item: Item) -> Image.Image:
        opened[item.reference] += 1
        return open_it(self, item)

    monkeypatch.setattr(ImageFolderDataset, "open", counted)
    first = traced(tmp_path / "first", dots, 2**30, *how)
    in_first = Counter(opened)
    second = traced(tmp_path / "second", dots, 2**30, *how)
    assert first.points == second.points == plain.points
    # Once for the features of the test split, and once to be kept.
    assert max(in_first.values()) <= 2
    encoded = sum(count == 2 for count in in_first.values())
    assert (opened - in_first).total() == encoded > 0, "in a second store, for features alone"
