"""Tiny datasets in their true folder layouts, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
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


def noisy_class_folders(folder: Path, version: int = 0) -> Path:
    """Twenty noisy images in two class folders; each version has other pixels, of the same size."""
    draw = np.random.default_rng(version)
    for name in ("goose", "owl"):
        for number in range(10):
            (folder / name).mkdir(parents=True, exist_ok=True)
            pixels = draw.integers(0, 255, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.bmp")
    return folder


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


def svhn_tree(root: Path) -> None:
    """SVHN with two digits, a split file for training, and test images in folders."""
    folder = root / "svhn"
    for digit in (0, 1):
        write_image(folder / "train" / str(digit) / "a.png")
        write_image(folder / "test" / str(digit) / "b.png")
    rows = [["0/a.png", 0, "0"], ["1/a.png", 1, "1"]]
    (folder / "split_mlai_SVHN.json").write_text(json.dumps({"train": rows, "val": rows}))


def aircraft_tree(root: Path) -> None:
    """FGVC-Aircraft with two variants, of one image in each split."""
    folder = root / "fgvc_aircraft"
    write_lines(folder / "variants.txt", "707-320", "727-200")
    for number, part in enumerate(("train", "val", "test")):
        names = [f"000{2 * number + label}" for label in (0, 1)]
        for name in names:
            write_image(folder / "images" / f"{name}.jpg")
        lines = (f"{name} {kind}" for name, kind in zip(names, ("707-320", "727-200"), strict=True))
        write_lines(folder / f"images_variant_{part}.txt", *lines)


def paper_trees(root: Path) -> None:
    """The ZIP paper's 13 datasets, each with two classes and a handful of images."""
    for name in PAPER_COOP:
        coop_tree(root, name)
    svhn_tree(root)
    aircraft_tree(root)
    imagenet_tree(root)


PAPER_COOP = (
    "caltech101",
    "oxford_pets",
    "oxford_flowers",
    "food101",
    "sun397",
    "dtd",
    "eurosat",
    "ucf101",
    "resisc45",
    "clevr",
)
