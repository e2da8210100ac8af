"""Without its split file each dataset splits by its own lists, or 70/10/20, and says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from benchmarks.datasets.interface import Dataset, DatasetError
from benchmarks.datasets.registry import open_dataset
from benchmarks.protocols import evaluation_task, split_digest
from tests.benchmarks.datasets.trees import coop_tree, write_image, write_lines


def caltech(root: Path) -> None:
    base = root / "caltech-101" / "101_ObjectCategories"
    for folder in ("airplanes", "Faces", "BACKGROUND_Google", "Faces_easy", "water_lilly"):
        for number in range(10):
            write_image(base / folder / f"image_{number:04d}.jpg")


def eurosat(root: Path) -> None:
    for folder in ("AnnualCrop", "Forest"):
        for number in range(10):
            write_image(root / "eurosat" / "2750" / folder / f"{folder}_{number}.jpg")


def resisc45(root: Path) -> None:
    for folder in ("airport", "baseball_diamond"):
        for number in range(10):
            write_image(root / "resisc45" / "NWPU-RESISC45" / folder / f"{folder}_{number}.jpg")


def pets(root: Path) -> None:
    base = root / "oxford_pets"
    names = [f"{breed}_{n}" for breed in ("Abyssinian", "american_bulldog") for n in range(9)]
    for name in names:
        write_image(base / "images" / f"{name}.jpg")
    lines = [f"{name} {1 + (name[0] == 'a')} 1 1" for name in names]
    write_lines(base / "annotations" / "trainval.txt", *lines[:8], *lines[9:17])
    write_lines(base / "annotations" / "test.txt", lines[8], lines[17])


def flowers(root: Path) -> None:
    base = root / "oxford_flowers"
    for number in range(1, 7):
        write_image(base / "jpg" / f"image_{number:05d}.jpg")
    savemat(base / "imagelabels.mat", {"labels": np.array([[1, 1, 1, 2, 2, 2]])})
    savemat(base / "setid.mat", {"trnid": [[4, 1]], "valid": [[2, 5]], "tstid": [[3, 6]]})
    (base / "cat_to_name.json").write_text(json.dumps({"1": "pink primrose", "2": "sweet_pea"}))


def food(root: Path) -> None:
    base = root / "food-101"
    (base / "images").mkdir(parents=True)
    write_lines(base / "meta" / "classes.txt", "apple_pie", "waffles")
    train = [f"{name}/{n}" for name in ("waffles", "apple_pie") for n in range(8)]
    write_lines(base / "meta" / "train.txt", *train)
    write_lines(base / "meta" / "test.txt", "apple_pie/8", "waffles/8")


def sun(root: Path) -> None:
    base = root / "sun397"
    (base / "SUN397").mkdir(parents=True)
    write_lines(base / "ClassName.txt", "/a/abbey", "/a/athletic_field/outdoor")
    write_lines(base / "Training_01.txt", "/a/athletic_field/outdoor/x.jpg", "/a/abbey/y.jpg")
    write_lines(base / "Testing_01.txt", "/a/abbey/z.jpg")


def dtd(root: Path) -> None:
    base = root / "dtd"
    for name in ("banded", "zigzagged"):
        (base / "images" / name).mkdir(parents=True)
    write_lines(base / "labels" / "train1.txt", "zigzagged/1.jpg", "banded/1.jpg")
    write_lines(base / "labels" / "val1.txt", "banded/2.jpg")
    write_lines(base / "labels" / "test1.txt", "zigzagged/3.jpg")


def ucf(root: Path) -> None:
    base = root / "ucf101"
    (base / "UCF-101-midframes").mkdir(parents=True)
    lists = base / "ucfTrainTestlist"
    write_lines(lists / "classInd.txt", "1 ApplyEyeMakeup", "2 YoYo")
    write_lines(lists / "trainlist01.txt", "YoYo/v_YoYo_g08_c01.avi 2", "ApplyEyeMakeup/v_a.avi 1")
    write_lines(lists / "testlist01.txt", "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi")


def cars(root: Path) -> None:
    base = root / "stanford_cars"
    (base / "devkit").mkdir(parents=True)
    names = np.array(["AM General Hummer SUV 2000", "Audi TT 2011"], dtype=object)
    savemat(base / "devkit" / "cars_meta.mat", {"class_names": names})
    kinds = [("fname", object), ("class", np.uint8)]
    train = np.array([("00001.jpg", 2), ("00002.jpg", 1)], dtype=kinds)
    test = np.array([("00003.jpg", 1)], dtype=kinds)
    savemat(base / "devkit" / "cars_train_annos.mat", {"annotations": train})
    savemat(base / "cars_test_annos_withlabels.mat", {"annotations": test})


def clevr(root: Path) -> None:
    base = root / "CLEVR_v1.0"
    (base / "images").mkdir(parents=True)
    (base / "scenes").mkdir()
    for part in ("train", "val"):
        scenes = [
            {"image_filename": f"CLEVR_{part}_{count:06d}.png", "objects": [{}] * count}
            for count in range(3, 11)
        ]
        file = base / "scenes" / f"CLEVR_{part}_scenes.json"
        file.write_text(json.dumps({"info": {}, "scenes": scenes}))


def svhn(root: Path) -> None:
    for part, count in (("train", 8), ("test", 2)):
        for digit in (0, 1):
            for number in range(count):
                write_image(root / "svhn" / part / str(digit) / f"{number}.png")


TREES: dict[str, tuple[Callable[[Path], None], tuple[str, ...], tuple[int, int, int]]] = {
    "caltech101": (caltech, ("face", "airplane", "water lilly"), (21, 3, 6)),
    "eurosat": (eurosat, ("Annual Crop Land", "Forest"), (14, 2, 4)),
    "resisc45": (resisc45, ("airport", "baseball diamond"), (14, 2, 4)),
    "oxford_pets": (pets, ("abyssinian", "american bulldog"), (14, 2, 2)),
    "oxford_flowers": (flowers, ("pink primrose", "sweet pea"), (2, 2, 2)),
    "food101": (food, ("apple pie", "waffles"), (14, 2, 2)),
    "sun397": (sun, ("abbey", "outdoor athletic field"), (2, 0, 1)),
    "dtd": (dtd, ("banded", "zigzagged"), (2, 1, 1)),
    "ucf101": (ucf, ("Apply Eye Makeup", "Yo Yo"), (2, 0, 1)),
    "stanford_cars": (cars, ("2000 AM General Hummer SUV", "2011 Audi TT"), (2, 0, 1)),
    "clevr": (clevr, ("10", "3", "4", "5", "6", "7", "8", "9"), (8, 0, 8)),
    "svhn": (svhn, ("0", "1"), (14, 2, 4)),
}


def opened(name: str, root: Path) -> Dataset:
    TREES[name][0](root)
    return open_dataset(name, root)


@pytest.mark.parametrize("name", TREES)
def test_each_dataset_has_a_split_without_its_split_file(name: str, tmp_path: Path) -> None:
    dataset = opened(name, tmp_path)
    _, names, counts = TREES[name]
    assert dataset.missing() is None
    assert dataset.class_names() == names
    assert tuple(len(dataset.items(part)) for part in ("train", "val", "test")) == counts


@pytest.mark.parametrize("name", TREES)
def test_such_a_split_says_so(name: str, tmp_path: Path) -> None:
    remark = opened(name, tmp_path).remark()
    assert remark.startswith(f"{name}: split_")
    assert "is missing" in remark


@pytest.mark.parametrize("name", ["sun397", "ucf101", "stanford_cars", "food101"])
def test_paths_are_those_of_the_images(name: str, tmp_path: Path) -> None:
    expected = {
        "sun397": "a/abbey/z.jpg",
        "ucf101": "Apply_Eye_Makeup/v_ApplyEyeMakeup_g01_c01.jpg",
        "stanford_cars": "cars_test/00003.jpg",
        "food101": "apple_pie/8.jpg",
    }
    assert opened(name, tmp_path).items("test")[0].reference == expected[name]


def test_equal_images_under_another_split_have_another_key(tmp_path: Path) -> None:
    split = coop_tree(tmp_path, "dtd")
    digest = split_digest(evaluation_task(split), ("test",))
    write_lines(tmp_path / "dtd" / "labels" / "test1.txt", "b/2.jpg", "a/3.jpg")
    for part in ("train", "val"):
        write_lines(tmp_path / "dtd" / "labels" / f"{part}1.txt", "a/1.jpg", "b/1.jpg")
    (tmp_path / "dtd" / "split_zhou_DescribableTextures.json").unlink()
    own = open_dataset("dtd", tmp_path)
    assert [i.reference for i in own.items("test")] == [i.reference for i in split.items("test")]
    assert split_digest(evaluation_task(own), ("test",)) != digest


def test_lists_that_do_not_fit_together_are_explained(tmp_path: Path) -> None:
    sun(tmp_path)
    write_lines(tmp_path / "sun397" / "Testing_01.txt", "/z/zoo/a.jpg")
    with pytest.raises(DatasetError, match=r"don't fit together.*Download them again"):
        open_dataset("sun397", tmp_path).items("test")


def test_neither_split_file_nor_lists_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "ucf101" / "UCF-101-midframes").mkdir(parents=True)
    reason = open_dataset("ucf101", tmp_path).missing()
    assert reason is not None
    assert "neither" in reason
    assert "split_zhou_UCF101.json nor ucfTrainTestlist/classInd.txt" in reason


def test_a_damaged_matlab_file_is_named(tmp_path: Path) -> None:
    flowers(tmp_path)
    (tmp_path / "oxford_flowers" / "setid.mat").write_bytes(b"oops")
    with pytest.raises(DatasetError, match=r"setid\.mat is no readable MATLAB file"):
        open_dataset("oxford_flowers", tmp_path).items("train")
