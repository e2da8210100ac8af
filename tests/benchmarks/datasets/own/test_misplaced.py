"""Images that do not lie in class folders are refused by the name of where they lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.own.source import OwnDataset
from tests.benchmarks.datasets.own.read import images, own, refusal


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


def pets(root: Path, *parts: str) -> Path:
    """Two classes of one image in each of some folders."""
    for part in parts:
        for name in ("cat", "dog"):
            (root / part / name).mkdir(parents=True)
            Image.new("RGB", (4, 4)).save(root / part / name / "1.png")
    return root


@pytest.mark.parametrize(
    ("train", "test"),
    [("training_set", "test_set"), ("Train-Split", "testset"), ("train/train", "test/test")],
)
def test_splits_are_found_in_folders_that_archives_leave(
    train: str, test: str, tmp_path: Path
) -> None:
    found = images(own(pets(tmp_path, train, test)))
    assert found["train"] == [(f"{train}/{name}/1.png", name) for name in ("cat", "dog")]
    assert found["test"] == [(f"{test}/{name}/1.png", name) for name in ("cat", "dog")]


@pytest.mark.parametrize(
    ("train", "test"), [("seg_train/seg_train", "seg_test"), ("split=train", "split=test")]
)
def test_what_seem_to_be_splits_are_no_two_classes(train: str, test: str, tmp_path: Path) -> None:
    told = refusal(pets(tmp_path, train, test))
    assert f"{Path(train).parts[0]}/ and {test}/ seem to be splits, and not classes" in told
    assert "Call them train/ and test/" in told


def test_classes_may_have_a_splits_name_in_theirs(tmp_path: Path) -> None:
    for name in ("train station", "test tube"):
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.new("RGB", (4, 4)).save(tmp_path / name / f"{number}.png")
    assert own(tmp_path).class_names() == ("test tube", "train station")


def test_a_test_folder_of_unknown_classes_is_refused_with_both(tmp_path: Path) -> None:
    pets(tmp_path, "train")
    (tmp_path / "test" / "unknown").mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(tmp_path / "test" / "unknown" / "1.png")
    told = refusal(tmp_path)
    assert "no class has both training and test images" in told
    assert "training images are of 'cat', 'dog', test images of 'unknown'" in told


@pytest.mark.parametrize("name", ["a\nb.png", "a\tb.png"])
def test_a_name_that_can_not_be_used_is_to_be_renamed(name: str, tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(pets(tmp_path, ".") / "cat" / name)
    assert refusal(tmp_path).endswith(
        "has a character that no path has, such as a line end. Rename it."
    )


def test_a_class_of_blanks_is_refused(tmp_path: Path) -> None:
    (pets(tmp_path, ".") / "cat").rename(tmp_path / "_")
    assert "the name of a class has no letters" in refusal(tmp_path)


def test_pipes_are_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(pets(tmp_path, "train", "test") / "train" / "cat" / "2.png")
    assert len(images(own(tmp_path))["train"]) == 2
    os.mkfifo(tmp_path / "birds.csv")
    assert "got the file" in refusal(tmp_path / "birds.csv")


def test_a_link_that_leads_nowhere_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "birds.csv").symlink_to("gone.csv")
    assert refusal(tmp_path / "birds.csv").endswith("is not there. Correct its path in the spec.")
