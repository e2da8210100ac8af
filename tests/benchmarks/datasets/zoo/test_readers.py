"""Every dataset reads its true layout, and says what is wrong with a broken one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.datasets.interface import DatasetError, ImageUnreadable, Item
from benchmarks.datasets.registry import (
    UnknownDataset,
    dataset_class,
    dataset_classes,
    dataset_names,
    open_dataset,
)
from tests.benchmarks.datasets.trees import PAPER_COOP, SPLIT, coop_tree, write_image

COOP = [*PAPER_COOP, "stanford_cars"]
PAPER = [*PAPER_COOP, "stanford_cars", "svhn", "fgvc_aircraft", "imagenet"]


@pytest.mark.parametrize("name", COOP)
def test_coop_layouts_are_read_as_they_are(name: str, tmp_path: Path) -> None:
    dataset = coop_tree(tmp_path, name)
    assert dataset.missing() is None
    assert dataset.class_names() == ("alpha one", "beta")
    assert [item.label for item in dataset.items("train")] == [0, 1]
    assert dataset.items("test")[0] == Item("b/2.jpg", 1)
    assert dataset.open(dataset.items("val")[0]).mode == "RGB"


@pytest.mark.parametrize("name", PAPER)
def test_what_is_missing_is_named_with_how_to_get_it(name: str, tmp_path: Path) -> None:
    dataset = open_dataset(name, tmp_path)
    reason = dataset.missing()
    assert reason is not None
    assert str(tmp_path / dataset.card.folder) in reason
    assert dataset.card.how_to_get in reason
    with pytest.raises(DatasetError, match="is not there"):
        dataset.items("train")


def test_the_papers_thirteen_and_cars_are_all_there() -> None:
    assert set(PAPER) <= set(dataset_names())
    assert sum(dataset_class(name).card.classes for name in PAPER) == 2254


@pytest.mark.parametrize("name", dataset_names())
def test_every_card_is_complete(name: str) -> None:
    card = dataset_classes()[name].card
    assert card.classes > 1
    assert card.images["test"] > 0
    assert card.templates
    assert all(template.count("{}") == 1 for template in card.templates)
    assert card.how_to_get.endswith(".")


def test_eurosat_and_caltech_rename_classes_as_the_field_does(tmp_path: Path) -> None:
    split = {part: [[p, n, "SeaLake" if n else "Forest"] for p, n, _ in rows]
             for part, rows in SPLIT.items()}  # fmt: skip
    assert coop_tree(tmp_path, "eurosat", split).class_names() == ("Forest", "Sea or Lake")
    split = {part: [[p, n, "Faces" if n else "airplanes"] for p, n, _ in rows]
             for part, rows in SPLIT.items()}  # fmt: skip
    assert coop_tree(tmp_path, "caltech101", split).class_names() == ("airplane", "face")


@pytest.mark.parametrize("file", ["split_mlai_SVHN.json", "split_SVHN.json"])
def test_svhn_takes_test_images_from_the_folder(file: str, tmp_path: Path) -> None:
    folder = tmp_path / "svhn"
    for digit in (0, 1):
        write_image(folder / "train" / str(digit) / "a.png")
        write_image(folder / "test" / str(digit) / "b.png")
    rows = [["0/a.png", 0, "0"], ["1/a.png", 1, "1"]]
    (folder / file).write_text(json.dumps({"train": rows, "val": rows}))
    dataset = open_dataset("svhn", tmp_path)
    assert dataset.class_names() == ("0", "1")
    assert list(dataset.items("test")) == [Item("test/0/b.png", 0), Item("test/1/b.png", 1)]
    assert dataset.open(dataset.items("train")[1]).size == (20, 10)


def test_aircraft_reads_its_lists_of_variants(tmp_path: Path) -> None:
    folder = tmp_path / "fgvc_aircraft"
    write_image(folder / "images" / "0001.jpg")
    (folder / "variants.txt").write_text("707-320\n727-200\n")
    for part in ("train", "val", "test"):
        (folder / f"images_variant_{part}.txt").write_text("0001 727-200\n0002 707-320\n")
    dataset = open_dataset("fgvc_aircraft", tmp_path)
    assert dataset.class_names() == ("707-320", "727-200")
    assert dataset.items("test")[0] == Item("0001.jpg", 1)
    assert dataset.open(dataset.items("test")[0]).mode == "RGB"
    (folder / "images_variant_val.txt").write_text("0001 Concorde\n")
    with pytest.raises(DatasetError, match="'Concorde'"):
        open_dataset("fgvc_aircraft", tmp_path).items("val")


@pytest.mark.parametrize("content", [None, b"", b"not an image"])
def test_a_missing_or_corrupt_image_is_named(content: bytes | None, tmp_path: Path) -> None:
    dataset = coop_tree(tmp_path, "dtd")
    path = tmp_path / "dtd" / "images" / "a" / "1.jpg"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImageUnreadable, match=r"dataset dtd: can't read image 'a/1\.jpg'"):
        dataset.open(Item("a/1.jpg", 0))


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("[]", "must hold a mapping"),
        ("{", "not readable JSON"),
        ('{"train": [], "val": []}', "'test' must be a list"),
        ('{"train": [["a", 0]], "val": [], "test": []}', "'train' must be a list of"),
        ('{"train": [["a", "x", "n"]], "val": [], "test": []}', "'train' must be a list of"),
        ('{"train": [["../../etc/passwd", 0, "n"]], "val": [], "test": []}', "leads out of"),
        ('{"train": [["/etc/passwd", 0, "n"]], "val": [], "test": []}', "leads out of"),
        ('{"train": [["a", 0, "n"], ["b", 0, "m"]], "val": [], "test": []}', "called both"),
        ('{"train": [["a", 0, "n"], ["b", 2, "m"]], "val": [], "test": []}', "without gaps"),
    ],
)
def test_a_broken_split_file_is_explained(split: str, message: str, tmp_path: Path) -> None:
    dataset = coop_tree(tmp_path, "dtd")
    (tmp_path / "dtd" / "split_zhou_DescribableTextures.json").write_text(split)
    with pytest.raises(DatasetError, match=message):
        dataset.items("test"), dataset.class_names()


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownDataset, match="Did you mean: caltech101"):
        dataset_class("caltech")
