"""Images in a split's folder without class folders have no class: they are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.own.source import OwnDataset


def folder_of(root: Path, *flat: str) -> Path:
    """A folder of three splits with two classes, of which some splits lack the class folders."""
    for split in ("train", "val", "test"):
        for name in ("cat", "dog"):
            place = root / split / ("" if split in flat else name)
            place.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 4)).save(place / f"{name}1.png")
    return root


@pytest.mark.parametrize("flat", ["train", "val", "test"])
def test_a_flat_split_is_refused(flat: str, tmp_path: Path) -> None:
    dataset = OwnDataset(name="pets", path=str(folder_of(tmp_path, flat))).open()
    with pytest.raises(DatasetError) as caught:
        dataset.items("test")
    assert "pets: expected " in str(caught.value)
    assert f"class folders in {tmp_path / flat}, but 2 images lie directly" in str(caught.value)


def test_splits_with_class_folders_pass(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "val" / "beside.png").write_bytes((folder / "val" / "cat" / "cat1.png").read_bytes())
    dataset = OwnDataset(name="pets", path=str(folder)).open()
    assert len(dataset.items("val")) == 2
