"""Each class that there should be is held against its images, wherever the classes come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from benchmarks.datasets.decoding import png
from benchmarks.datasets.interface import Dataset, DatasetError, Ignored
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.layout import FACTS, read_facts
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.roll import Roll, roll_of
from tests.benchmarks.datasets.trees import write_image, write_lines
from tests.benchmarks.toy_dataset import ToyDataset

Row = tuple[str, str]
"""Class and split of one image."""

Build = Callable[[Path, list[Row]], Path]


def as_folders(root: Path, rows: list[Row]) -> Path:
    for number, (name, split) in enumerate(rows):
        write_image(root / "birds" / split / name / f"{number}.png")
    return root / "birds"


def as_csv(root: Path, rows: list[Row]) -> Path:
    for number in range(len(rows)):
        write_image(root / f"{number}.png")
    lines = [f"{number}.png,{name},{split}" for number, (name, split) in enumerate(rows)]
    write_lines(root / "birds.csv", "image,class_name,split", *lines)
    return root / "birds.csv"


def as_parquet(root: Path, rows: list[Row]) -> Path:
    names, splits = zip(*rows, strict=True)
    images = [png(Image.new("RGB", (8, 8))) for _ in rows]
    table = pa.table({"image": images, "class_name": names, "split": splits})
    pq.write_table(table, root / "birds.parquet")
    return root / "birds.parquet"


def as_pack(root: Path, rows: list[Row]) -> Path:
    """A pack as one was written before classes were checked: its names are changed afterwards."""
    labels = sorted({name for name, _ in rows})
    plain = [(f"class {labels.index(name)}", split) for name, split in rows]
    location = open_location(root / "pack")
    pack(own(as_csv(root, plain)), location)
    facts = read_facts(location)
    assert facts is not None
    written = replace_names(facts.model_dump_json(), labels)
    (root / "pack" / FACTS).write_text(written)
    return root / "pack"


def replace_names(facts: str, names: list[str]) -> str:
    for label, name in enumerate(names):
        facts = facts.replace(f'"class {label}"', f'"{name}"')
    return facts


def own(path: Path) -> Dataset:
    return OwnDataset(name="birds", path=str(path)).open()


BUILDS = {"folders": as_folders, "csv": as_csv, "parquet": as_parquet, "pack": as_pack}
SOURCES = {
    "folders": "the class folders in ",
    "csv": "the manifest ",
    "parquet": "the manifest ",
    "pack": "the pack ",
}
GOOD: list[Row] = [("owl", "train"), ("owl", "test"), ("tit", "train"), ("tit", "test")]


@pytest.fixture(params=BUILDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_counts_are_by_class_and_split_for_every_source(kind: str, tmp_path: Path) -> None:
    roll = roll_of(own(BUILDS[kind](tmp_path, [*GOOD, ("owl", "val"), ("wren", "train")])))
    assert roll.names == ("owl", "tit", "wren")
    assert roll.images == {"train": {0: 1, 1: 1, 2: 1}, "val": {0: 1}, "test": {0: 1, 1: 1}}
    assert roll.source.text.startswith(SOURCES[kind])
    (note,) = roll.notes()
    assert note == "birds: accuracy says nothing of 1 class without test images: wren"
    (note,) = roll.notes("val")
    assert note.endswith("2 classes without validation images: tit, wren")


def test_names_of_one_prompt_are_refused_for_every_source(kind: str, tmp_path: Path) -> None:
    path = BUILDS[kind](tmp_path, [*GOOD, ("Owl", "train"), ("Owl", "test")])
    message = r"dataset birds: .*'(Owl|owl)' and '(owl|Owl)' are two classes with one prompt"
    with pytest.raises(DatasetError, match=message):
        own(path).class_names()
    with pytest.raises(DatasetError, match=message):
        own(path).items("test")


def test_a_source_without_test_images_is_refused(kind: str, tmp_path: Path) -> None:
    rows = [(name, "train") for name, _ in GOOD]
    with pytest.raises(DatasetError, match=r"dataset birds: .*(no test images|'test'|test/)"):
        own(BUILDS[kind](tmp_path, rows)).items("train")


def test_one_image_a_class_leaves_none_to_test(tmp_path: Path) -> None:
    for name in ("owl", "tit", "wren"):
        write_image(tmp_path / name / "a.png")
    with pytest.raises(DatasetError, match=r"no test images.*a class needs two images"):
        own(tmp_path).items("train")


def test_a_folder_without_images_is_refused_by_name_with_what_it_has(tmp_path: Path) -> None:
    as_folders(tmp_path, GOOD)
    (tmp_path / "birds" / "train" / "wren").mkdir()
    (tmp_path / "birds" / "train" / "wren" / "a.heic").touch()
    message = r"'wren' \(only \.heic \(1\), which are not read\)\. Put .* delete"
    with pytest.raises(DatasetError, match=message):
        own(tmp_path / "birds").class_names()


def test_a_pack_whose_class_has_no_images_is_refused(tmp_path: Path) -> None:
    file = as_pack(tmp_path, GOOD) / FACTS
    file.write_text(file.read_text().replace('"tit"', '"tit", "wren"'))
    with pytest.raises(DatasetError, match=r"in the pack .*, no images are of the class 'wren'"):
        own(file.parent).items("test")


def test_split_folders_under_other_names_are_no_classes(tmp_path: Path) -> None:
    for part in ("Training", "validation"):
        write_image(tmp_path / part / "owl" / "a.png")
    with pytest.raises(DatasetError, match=r"expected train/, test/ and perhaps val/.*validation"):
        own(tmp_path).items("test")


def test_splits_inside_class_folders_are_refused_and_other_inner_folders_are_told(
    tmp_path: Path,
) -> None:
    for name in ("owl", "tit"):
        for number in range(4):
            write_image(tmp_path / name / "side" / f"{number}.png")
    (note,) = roll_of(own(tmp_path)).notes()
    told = "images in folders inside class folders (8) are of the outer folder's class"
    assert note == f"birds: {told}"
    for split in ("Train", "Test"):
        write_image(tmp_path / "tit" / split / "1.png")
    with pytest.raises(DatasetError, match=r"train/ and test/ above the class folders.*tit\. Move"):
        own(tmp_path).items("test")


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    for name in ("train", "car"):
        for number in range(5):
            write_image(tmp_path / name / f"{number}.png")
    assert own(tmp_path).class_names() == ("car", "train")
    assert list(roll_of(own(tmp_path)).notes()) == []


def test_official_names_that_two_classes_share_are_noted() -> None:
    roll = replace(roll_of(ToyDataset()), names=("crane", "maillot", "Crane"))
    (note,) = roll.notes()
    assert note.startswith("toy: its list of classes has names that stand for more than one class")
    assert note.endswith("crane (0 and 2)")


def test_ignored_files_are_counted_by_ending_and_place() -> None:
    files = [*[Ignored(0, ".heic")] * 12, Ignored(1, ".txt"), Ignored(None, "", "beside")]
    roll = roll_of(ToyDataset())
    roll = replace(roll, source=replace(roll.source, ignored=tuple(files)))
    assert list(roll.notes()) == [
        "toy: 13 files with other endings are ignored: .heic (12), .txt (1)",
        "toy: 1 image beside is ignored",
    ]


def test_a_sound_roll_is_silent() -> None:
    roll: Roll = roll_of(ToyDataset())
    roll.check()
    assert list(roll.notes()) == []
    assert roll.without("train", "val", "test") == []
