"""A user's own dataset needs no code: class folders, or a manifest that is checked row by row."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pydantic import ValidationError

from benchmarks.datasets.decoding import png
from benchmarks.datasets.interface import Dataset, DatasetError, ImageUnreadable, Item
from benchmarks.datasets.own.columns import BadManifest
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.registry import open_dataset
from tests.benchmarks.datasets.trees import write_image, write_lines

CSV = (
    "image,class_name,split",
    "a.jpg,snow goose,train",
    "b.jpg,barn owl,train",
    "c.jpg,barn owl,val",
    "d.jpg,snow goose,test",
)


def own(path: Path, **fields: object) -> Dataset:
    source = OwnDataset.model_validate({"name": "birds", "path": str(path), **fields})
    return open_dataset("birds", "nowhere", [source])


def manifest(folder: Path, *lines: str) -> Dataset:
    for name in "abcd":
        write_image(folder / f"{name}.jpg")
    write_lines(folder / "birds.csv", *lines)
    return own(folder / "birds.csv")


def references(dataset: Dataset) -> dict[str, list[tuple[str, int]]]:
    return {
        split: [(item.reference, item.label) for item in dataset.items(split)]
        for split in ("train", "val", "test")
    }


def test_class_folders_are_split_by_us_and_say_so(tmp_path: Path) -> None:
    for name in ("snow_goose", "barn_owl"):
        for number in range(10):
            write_image(tmp_path / name / f"{number}.JPG")
        write_lines(tmp_path / name / "notes.txt", "hello")
    dataset = own(tmp_path, templates=("a photo of a {}, a bird.",))
    assert dataset.class_names() == ("barn owl", "snow goose")
    assert {s: len(rows) for s, rows in references(dataset).items()} == {
        "train": 14,
        "val": 2,
        "test": 4,
    }
    assert dataset.remark() == "birds: own split, 70/10/20 of every class (version 1)"
    assert dataset.card.templates == ("a photo of a {}, a bird.",)
    assert dataset.open(dataset.items("test")[0]).mode == "RGB"


def test_split_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    for split, name in (("train", "owl"), ("train", "goose"), ("test", "owl")):
        write_image(tmp_path / split / name / "1.png")
    dataset = own(tmp_path)
    assert references(dataset) == {
        "train": [("train/goose/1.png", 0), ("train/owl/1.png", 1)],
        "val": [],
        "test": [("test/owl/1.png", 1)],
    }
    assert dataset.remark() == ""


@pytest.mark.parametrize("folders", [(), ("only",), ("train/a", "test/a", "other/a")])
def test_other_folders_are_refused(folders: tuple[str, ...], tmp_path: Path) -> None:
    for folder in folders:
        for number in range(3):
            write_image(tmp_path / folder / f"{number}.jpg")
    with pytest.raises(DatasetError, match=r"dataset birds: (expected at least two|beside train/)"):
        own(tmp_path).items("test")


def test_a_photo_is_turned_as_its_exif_orientation_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    dataset = manifest(tmp_path, *CSV)
    Image.new("RGB", (20, 10)).save(tmp_path / "a.jpg", exif=exif)
    assert dataset.open(Item("a.jpg", 1)).size == (10, 20)


def test_a_csv_manifest_gives_images_labels_and_splits(tmp_path: Path) -> None:
    dataset = manifest(tmp_path, *CSV)
    assert dataset.missing() is None
    assert dataset.class_names() == ("barn owl", "snow goose")
    assert references(dataset) == {
        "train": [("a.jpg", 1), ("b.jpg", 0)],
        "val": [("c.jpg", 0)],
        "test": [("d.jpg", 1)],
    }
    assert dataset.absent(dataset.items("test")) is None


def test_labels_may_be_given_and_the_split_left_to_us(tmp_path: Path) -> None:
    rows = [f"{n}.jpg,{'owl' if n % 2 else 'goose'},{1 - n % 2}" for n in range(20)]
    dataset = manifest(tmp_path, "image,class_name,label", *rows)
    assert dataset.class_names() == ("owl", "goose")
    assert len(dataset.items("test")) == 4
    assert "own split" in dataset.remark()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("image,classs_name", "a.jpg,owl"), "the column 'class_name' is missing"),
        (("image,class_name,splitt", "a.jpg,owl,x"), "column 'splitt'. Did you mean: split"),
        (("image,class,category", "a.jpg,owl,x"), "'class' and 'category' could both be"),
        (("image,label", "a.jpg,0"), "the column 'label' has numbers, and prompts need names"),
        (("image,label", "a.jpg,"), "row 2: 'class_name' is empty"),
        (("image", "a.jpg"), "the column 'class_name' is missing"),
        ((), "birds.csv is no readable CSV file: it is empty"),
        (("image,class_name",), "at least two classes, got 0"),
        (("image,class_name", "a.jpg,owl"), "at least two classes, got 1"),
        ((CSV[0], "a.jpg,,train"), "row 2: 'class_name' is empty"),
        ((CSV[0], ",owl,train"), "row 2: 'image' is empty"),
        ((*CSV, "e.jpg,owl,tset"), "row 6: 'split' must be .*, got 'tset'. Did you mean: test"),
        ((*CSV, "e.jpg,owl,7"), "row 6: 'split' must be .*, got '7'. Expected train, training"),
        ((*CSV, "e.jpg,owl,"), "row 6: 'split' must be train, val or test, got ''"),
        (CSV[:4], "no row has the split 'test'"),
        ((*CSV, "a.jpg,barn owl,test"), "row 6: the image 'a.jpg' is in row 2 already"),
        ((*CSV, "./a.jpg,barn owl,test"), r"row 6: the image './a.jpg' is in row 2 already"),
        ((*CSV, "../e.jpg,barn owl,test"), "leads out of"),
        ((*CSV, "e.jpg,barn owl,test,1"), "row 6: it has more cells"),
        (("image,class_name,label", "a.jpg,owl,x"), "row 2: 'label' must be a whole number"),
        (("image,class_name,label", "a.jpg,owl,0", "b.jpg,owl,1"), "row 3: class 'owl' has label"),
        (("image,class_name,label", "a.jpg,owl,0", "b.jpg,tit,2"), "expected labels 0 to 1"),
        (("image,class_name,label", "a.jpg,owl,0", "b.jpg,tit,"), "row 3: 'label' is empty"),
    ],
)
def test_a_bad_manifest_is_refused_by_row(
    lines: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match=message):
        manifest(tmp_path, *lines).items("test")


@pytest.mark.parametrize("name", ["birds.csv", "birds.parquet"])
def test_what_is_no_manifest_at_all_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x80\x81image")
    with pytest.raises(BadManifest, match=r"no readable (CSV|Parquet) file"):
        own(tmp_path / name).items("test")


def test_missing_files_and_paths_are_named(tmp_path: Path) -> None:
    dataset = manifest(tmp_path, *CSV)
    (tmp_path / "d.jpg").unlink()
    assert dataset.absent(dataset.items("test")) == "d.jpg"
    for path in ("nothing", "nothing.csv", "nothing.parquet"):
        reason = own(tmp_path / path).missing()
        assert reason is not None
        assert path in reason


def test_a_parquet_manifest_may_hold_paths_or_images(tmp_path: Path) -> None:
    columns = {"class_name": ["goose", "owl"] * 2, "split": ["train", "train", "val", "test"]}
    paths = manifest(tmp_path, *CSV) and [f"{name}.jpg" for name in "abcd"]
    pq.write_table(pa.table({"image": paths, **columns}), tmp_path / "paths.parquet")
    images = [png(Image.new("RGB", (9, 7), (n, 0, 0))) for n in range(3)]
    pq.write_table(pa.table({"image": [*images, None], **columns}), tmp_path / "images.parquet")
    assert references(own(tmp_path / "paths.parquet"))["test"] == [("d.jpg", 1)]
    packed = own(tmp_path / "images.parquet")
    assert packed.class_names() == ("goose", "owl")
    assert packed.open(packed.items("train")[1]).getpixel((0, 0)) == (1, 0, 0)
    with pytest.raises(ImageUnreadable, match="dataset birds: can't read image '3': no bytes"):
        packed.open(packed.items("test")[0])


@pytest.mark.parametrize(
    "fields",
    [{"name": "No Blanks"}, {"path": ""}, {"templates": ["a photo"]}, {"folder": "x"}],
)
def test_bad_entries_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OwnDataset.model_validate({"name": "birds", "path": "x", **fields})


def test_a_home_of_nobody_is_refused_and_not_raised() -> None:
    with pytest.raises(ValidationError, match="can't find the folder '~nobody_of_this_name/x'"):
        OwnDataset(name="birds", path="~nobody_of_this_name/x")
