"""Verification finds what is missing, broken, or there twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.datasets.completeness import Counted, count
from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.registry import dataset_class
from benchmarks.datasets.verify import verify
from tests.benchmarks.datasets.test_packed import noisy_tree

# Of the split files; FGVC Aircraft's, SVHN's and others come from the datasets' own papers.
FULL = {
    "caltech101": (4128, 1649, 2465),
    "oxford_pets": (2944, 736, 3669),
    "oxford_flowers": (4093, 1633, 2463),
    "dtd": (2820, 1128, 1692),
    "eurosat": (13500, 5400, 8100),
    "ucf101": (7639, 1898, 3783),
    "stanford_cars": (6509, 1635, 8041),
}


@pytest.fixture
def tree(tmp_path: Path) -> Dataset:
    return noisy_tree(tmp_path)


def file(dataset: Dataset, reference: str) -> Path:
    return dataset.folder / "images" / reference


@pytest.mark.parametrize("name", FULL)
def test_full_copies_have_the_split_files_counts(name: str) -> None:
    assert tuple(dataset_class(name).card.images.values()) == FULL[name]


def test_a_part_of_a_dataset_is_no_full_copy(tree: Dataset) -> None:
    result = count(tree)
    assert result.found == {"train": 2, "val": 1, "test": 2}
    assert result.expected == {"train": 2820, "val": 1128, "test": 1692}
    assert not result.complete


def test_a_split_of_our_own_is_held_to_the_sum(tree: Dataset) -> None:
    own = tree.folder / "labels"
    own.mkdir()
    for part in ("train", "val", "test"):
        (own / f"{part}1.txt").write_text("a/1.jpg\n")
    (tree.folder / "split_zhou_DescribableTextures.json").unlink()
    result = count(type(tree)(tree.root))
    assert not result.complete
    assert result.expected == {}
    assert result.shortfall == "not a full copy: 3 of 5,640 images, 2 of 47 classes"


def test_another_split_of_all_images_is_a_full_copy() -> None:
    whole = Counted({"train": 1, "val": 2, "test": 7}, {}, 9, classes=2, expected_classes=2)
    assert whole.complete
    assert not replace(whole, classes=1).complete
    assert not replace(whole, total=11).complete


def test_unreadable_images_are_named(tree: Dataset) -> None:
    file(tree, "a/1.jpg").write_bytes(b"no image")
    file(tree, "b/2.jpg").unlink()
    told: list[int] = []
    result = verify(tree, told.append)
    assert ["'a/1.jpg'" in result.unreadable[0], "'b/2.jpg'" in result.unreadable[1]] == [True] * 2
    assert not result.sound
    assert sum(told) == 5


def test_duplicates_are_found_and_leaks_counted(tree: Dataset) -> None:
    file(tree, "a/2.jpg").write_bytes(file(tree, "a/1.jpg").read_bytes())  # val = train
    file(tree, "a/3.jpg").write_bytes(file(tree, "b/1.jpg").read_bytes())  # test = train
    result = verify(tree)
    assert set(result.duplicates) == {("a/1.jpg", "a/2.jpg"), ("b/1.jpg", "a/3.jpg")}
    assert result.leaked == 1
    assert result.unreadable == ()
