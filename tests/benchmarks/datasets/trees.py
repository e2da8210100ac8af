"""Tiny datasets in their true folder layouts, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.datasets.coop_split import CoopSplitDataset
from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.registry import dataset_class, open_dataset

SPLIT: dict[str, list[list[Any]]] = {
    "train": [["a/1.jpg", 0, "alpha_one"], ["b/1.jpg", 1, "beta"]],
    "val": [["a/2.jpg", 0, "alpha_one"]],
    "test": [["b/2.jpg", 1, "beta"], ["a/3.jpg", 0, "alpha_one"]],
}


def write_image(path: Path, mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (20, 10)).save(path)


def coop_tree(root: Path, name: str, split: Any = SPLIT) -> Dataset:
    """A tiny dataset in CoOp's layout."""
    kind = dataset_class(name)
    assert issubclass(kind, CoopSplitDataset)
    folder = root / kind.card.folder
    for rows in SPLIT.values():
        for path, _, _ in rows:
            write_image(folder / kind.image_folder / path)
    (folder / kind.split_file).write_text(json.dumps(split))
    return open_dataset(name, root)


def write_lines(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def imagenet_tree(root: Path) -> Path:
    """ImageNet with two classes, of one training and one validation image each."""
    folder = root / "imagenet"
    for wnid in ("n02", "n01"):
        write_image(folder / "images" / "train" / wnid / "t.JPEG")
        write_image(folder / "images" / "val" / wnid / "v.JPEG")
    write_lines(folder / "classnames.txt", "n01 tench", "n02 great white shark")
    return folder
