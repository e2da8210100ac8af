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


def traced(
    folder: Path, dots: Path, kept: int, opened: Counter[str], *overrides: str
) -> tuple[Trace, int]:
    """What a short cell that prompts pixels leaves, and how many images it opens.

    Its three steps see each training image, so that all are kept when it ends.
    """
    given = (f"datasets=[{{name: beasts, path: {dots}}}]", "evaluation.points=1", "shots=[8]")
    bar = "methods=[{name: bar, batch_size: 8}]"
    bench = Bench(folder, bar, "budget=18", *given, *overrides)
    bench.worker = Worker(replace(bench.setup, pixel_cache=kept, decoders=2))
    bench.table(bench.cells["bar"])  # of the test split, whose pixels are not kept for that
    before = opened.total()
    return bench.run("bar"), opened.total() - before


@pytest.mark.parametrize(
    ("augmentation", "protocol"), [("crop_flip", "few_shot"), ("none", "base_to_new")]
)
def test_nothing_depends_on_what_is_kept(
    augmentation: str, protocol: str, dots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: Counter[str] = Counter()
    open_it = ImageFolderDataset.open

    def counted(self: ImageFolderDataset, item: Item) -> Image.Image:
        opened[item.reference] += 1
        return open_it(self, item)

    monkeypatch.setattr(ImageFolderDataset, "open", counted)
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "cache"))
    how = (f"augmentation={augmentation}", f"protocol={protocol}")
    plain, _ = traced(tmp_path / "plain", dots, 0, opened, *how)
    first, made = traced(tmp_path / "kept", dots, 2**30, opened, *how)
    (result,) = tmp_path.glob("kept/**/*.parquet")
    result.unlink()  # so that it runs again, with the features that are there
    second, anew = traced(tmp_path / "kept", dots, 2**30, opened, *how)
    assert first.points == second.points == plain.points
    assert made > 0
    assert anew == 0
