"""A copy is held against a full one, by split or, under another split, by the sum."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.datasets.completeness import Counted, count
from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.registry import dataset_class, dataset_names, open_dataset
from benchmarks.datasets.views import DatasetView
from tests.benchmarks.datasets.trees import coop_tree, imagenet_tree, write_image, write_lines

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
    return coop_tree(tmp_path, "dtd")


@pytest.mark.parametrize("name", FULL)
def test_full_copies_have_the_split_files_counts(name: str) -> None:
    assert tuple(dataset_class(name).card.images.values()) == FULL[name]


def test_a_part_of_a_dataset_is_no_full_copy(tree: Dataset) -> None:
    result = count(tree)
    assert result.found == {"train": 2, "val": 1, "test": 2}
    assert result.expected == {"train": 2820, "val": 1128, "test": 1692}
    assert not result.complete
    assert result.shortfall == (
        "not a full copy: 2 / 1 / 2 of 2,820 / 1,128 / 1,692 images, 2 of 47 classes"
    )


def test_another_split_is_held_to_the_sum(tree: Dataset) -> None:
    own = tree.folder / "labels"
    own.mkdir()
    for part in ("train", "val", "test"):
        (own / f"{part}1.txt").write_text("a/1.jpg\n")
    (tree.folder / "split_zhou_DescribableTextures.json").unlink()
    result = count(type(tree)(tree.root))
    assert not result.complete
    assert result.expected == {}
    assert result.shortfall == "not a full copy: 3 of 5,640 images, 2 of 47 classes"


def test_a_split_of_our_own_takes_images_that_the_published_one_leaves_out(tmp_path: Path) -> None:
    folder = tmp_path / "sun397"
    for number in range(5):
        write_image(folder / "SUN397" / "a" / "abbey" / f"{number}.jpg")
    write_lines(folder / "ClassName.txt", "/a/abbey")
    result = count(open_dataset("sun397", tmp_path))
    assert result.shortfall == "not a full copy: 5 of 108,754 images, 1 of 397 classes"


def test_another_split_of_all_images_is_a_full_copy() -> None:
    whole = Counted({"train": 1, "val": 2, "test": 7}, {}, 10, classes=2, expected_classes=2)
    assert whole.complete
    assert whole.shortfall == ""
    assert not replace(whole, classes=1).complete
    assert not replace(whole, total=11).complete


def test_without_class_names_of_its_authors_imagenet_is_counted_too(tmp_path: Path) -> None:
    (imagenet_tree(tmp_path) / "classnames.txt").unlink()
    write_image(tmp_path / "imagenet" / "images" / "val" / "n01440764" / "v.JPEG")
    result = count(open_dataset("imagenet", tmp_path))
    assert result.shortfall == "not a full copy: 0 / 0 / 1 of 1,281,167 / 0 / 50,000 images"


def test_class_names_of_others_do_not_change_what_a_full_copy_is(tmp_path: Path) -> None:
    imagenet_tree(tmp_path)
    dataset = open_dataset("imagenet", tmp_path)
    assert "class names in classnames.txt" in dataset.remark()
    for one in (dataset, DatasetView(dataset)):
        assert count(one).shortfall == (
            "not a full copy: 2 / 0 / 2 of 1,281,167 / 0 / 50,000 images, 2 of 1,000 classes"
        )


@pytest.mark.parametrize("name", [name for name in dataset_names() if name.startswith("pocket")])
def test_what_is_embedded_is_whole(name: str) -> None:
    assert count(open_dataset(name, "")).complete


def test_results_on_a_part_or_its_pack_say_so_once(tree: Dataset, tmp_path: Path) -> None:
    pack(tree, open_location(tmp_path / "packs").child("dtd"))
    for dataset in (tree, open_dataset("dtd", tmp_path / "packs")):
        view = DatasetView(DatasetView(dataset), ["a/1.jpg"])
        part, skipped = view.remark().split("; ")
        assert part == f"dtd: {count(tree).shortfall}"
        assert skipped == "dtd: 1 unreadable images are skipped (a/1.jpg), of 'alpha one' (1)"
