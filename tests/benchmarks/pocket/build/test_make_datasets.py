"""Drawing the datasets again gives what is shipped, pixel for pixel."""

import io
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets.interface import Split
from benchmarks.datasets.registry import open_dataset
from benchmarks.pocket.build import make_datasets
from benchmarks.pocket.build.make_datasets import (
    IMAGES_PER_CLASS,
    SEEDS,
    as_png,
    draw,
    write_dataset,
)
from benchmarks.pocket.build.renderings import RENDERINGS


@pytest.mark.parametrize("split", IMAGES_PER_CLASS)
@pytest.mark.parametrize("name", RENDERINGS)
def test_redrawn_images_equal_the_shipped_ones(name: str, split: Split) -> None:
    dataset = open_dataset(f"pocket_{name}", Path())
    items = dataset.items(split)
    step = 2 * IMAGES_PER_CLASS[split] + 1  # some images of every other class
    drawn = draw(name, RENDERINGS[name], split)
    for item, new in islice(zip(items, drawn, strict=True), 0, None, step):
        assert item.label == new.label
        np.testing.assert_array_equal(np.asarray(dataset.open(item)), new.pixels)


def test_splits_have_seeds_of_their_own() -> None:
    assert len(set(SEEDS.values())) == len(SEEDS) == len(IMAGES_PER_CLASS)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_equal_channels_are_stored_as_grey(channels: int, mode: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (24, 24, channels), dtype=np.uint8)
    pixels = np.broadcast_to(noise, (24, 24, 3))
    with Image.open(io.BytesIO(as_png(np.ascontiguousarray(pixels)))) as image:
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), pixels)


def test_a_file_written_twice_is_the_same(tmp_path: Path) -> None:
    first = write_dataset("dots", RENDERINGS["dots"], tmp_path / "first")
    second = write_dataset("dots", RENDERINGS["dots"], tmp_path / "second")
    assert first.read_bytes() == second.read_bytes()


def test_an_unknown_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make_datasets", "doodles"])
    with pytest.raises(SystemExit):
        make_datasets.main()
    assert "unknown dataset 'doodles'; known: textures" in capsys.readouterr().err
