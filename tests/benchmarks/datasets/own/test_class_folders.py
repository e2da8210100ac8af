"""Class folders are read as people name them and as archives leave them."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from tests.benchmarks.datasets.locked import lock
from tests.benchmarks.datasets.own.read import images, notes, own, refusal
from tests.benchmarks.datasets.trees import write_image


def birds(folder: Path, *parts: str) -> Path:
    """Two classes of three images in each of some folders."""
    for part in parts or (".",):
        for name in ("owl", "tit"):
            for number in range(3):
                write_image(folder / part / name / f"{number}.png")
    return folder


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize("train", ["train", "Train", "TRAINING"])
@pytest.mark.parametrize("val", ["val", "Valid", "validation", "dev"])
@pytest.mark.parametrize("test", ["test", "Testing"])
def test_splits_are_known_by_their_usual_names(
    train: str, val: str, test: str, tmp_path: Path
) -> None:
    found = images(own(birds(tmp_path, train, val, test)))
    for split, part in (("train", train), ("val", val), ("test", test)):
        rows = [(f"{part}/{name}/{n}.png", name) for name in ("owl", "tit") for n in range(3)]
        assert found[split] == rows  # type: ignore[index]


def test_two_folders_of_one_split_are_refused_with_both(tmp_path: Path) -> None:
    told = refusal(birds(tmp_path, "train", "val", "valid", "test"))
    assert "both val/ and valid/ could be the val split" in told


def test_splits_without_a_test_split_are_refused(tmp_path: Path) -> None:
    touch(birds(tmp_path, "train", "Valid") / "docs" / "readme.txt")
    told = refusal(tmp_path)
    assert "expected train/, test/ and perhaps val/" in told
    assert "got only Valid, train. Add test/, or leave only class folders there" in told


@pytest.mark.parametrize("beside", [(), ("val",)])
def test_a_test_split_may_stand_alone(beside: tuple[str, ...], tmp_path: Path) -> None:
    found = images(own(birds(tmp_path, "Test", *beside)))
    assert {split: len(rows) for split, rows in found.items()} == {
        "train": 0,
        "val": 6 * len(beside),
        "test": 6,
    }


def test_an_empty_train_folder_beside_a_test_split_is_named(tmp_path: Path) -> None:
    (birds(tmp_path, "test") / "train" / "owl").mkdir(parents=True)
    assert notes(tmp_path) == [
        "folders without images beside those of the splits are ignored: train/",
    ]


def test_a_folder_around_the_data_is_looked_into(tmp_path: Path) -> None:
    plain = images(own(birds(tmp_path / "plain")))
    wrapped = birds(tmp_path / "wrapped", "birds-main/birds")
    touch(wrapped / "README.txt", wrapped / "__MACOSX" / "birds" / "._0.png", wrapped / ".DS_Store")
    (wrapped / "empty").mkdir()
    assert images(own(wrapped)) == plain
    assert own(wrapped).revision() == own(tmp_path / "plain").revision()
    assert notes(wrapped) == [f"it is read from {wrapped / 'birds-main' / 'birds'}"]


def test_one_class_is_no_folder_around_the_data(tmp_path: Path) -> None:
    write_image(tmp_path / "owl" / "1.png")
    write_image(tmp_path / "owl" / "side" / "1.png")
    assert "at least two class folders" in refusal(tmp_path)


def test_what_other_tools_leave_is_ignored(tmp_path: Path) -> None:
    plain = images(own(birds(tmp_path, "train", "test")))
    for folder in ("__MACOSX", "@eaDir", ".ipynb_checkpoints", "train/@eaDir", "test/.git"):
        write_image(tmp_path / folder / "owl" / "1.png")
    touch(tmp_path / "train/owl/._0.png", tmp_path / "train/Thumbs.db", tmp_path / "desktop.ini")
    assert images(own(tmp_path)) == plain
    assert notes(tmp_path) == []


def test_empty_folders_are_no_classes_and_are_named(tmp_path: Path) -> None:
    plain = images(own(birds(tmp_path, "train", "test")))
    touch(tmp_path / "test" / "wren" / ".gitkeep", tmp_path / "docs" / "readme.txt")
    (tmp_path / "val").mkdir()
    (tmp_path / "train" / "jay" / "inner").mkdir(parents=True)
    assert images(own(tmp_path)) == plain
    assert notes(tmp_path) == [
        "empty folders are ignored: train/jay/, test/wren/",
        "folders without images beside those of the splits are ignored: docs/, val/",
    ]


def test_accents_that_are_written_in_two_ways_are_one_class(tmp_path: Path) -> None:
    apart, composed = (unicodedata.normalize(form, "caf\u00e9") for form in ("NFD", "NFC"))
    birds(tmp_path, "train", "test")
    write_image(tmp_path / "train" / composed / "1.png")
    write_image(tmp_path / "test" / apart / "1.png")
    dataset = own(tmp_path)
    assert dataset.class_names() == (composed, "owl", "tit")
    assert images(dataset)["test"][0] == (f"test/{apart}/1.png", composed)
    write_image(tmp_path / "test" / composed / "1.png")
    assert r"'cafe\u0301' and 'caf\xe9' are two classes with one prompt" in refusal(tmp_path)


@pytest.mark.parametrize("name", [b"caf\xe9/1.png", b"owl/caf\xe9.png"])
def test_names_that_are_not_in_utf8_are_named(name: bytes, tmp_path: Path) -> None:
    write_image(birds(tmp_path) / os.fsdecode(name))
    assert r"caf\udce9" in refusal(tmp_path)
    assert "is not in UTF-8. Rename it." in refusal(tmp_path)


def test_files_that_are_no_images_may_have_any_name(tmp_path: Path) -> None:
    touch(birds(tmp_path) / "owl" / os.fsdecode(b"caf\xe9.t\xe9t"))
    assert notes(tmp_path) == [r"1 file with other endings is ignored: .t\udce9t (1)"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (("train/1.png", "test/2.png"), "Images lie directly in train/, test/: put each into"),
        (("1.png",), "found the folders: none. Images lie directly in it: put each into a folder"),
        (("metadata.csv", "1.png"), "If metadata.csv lists the images, give it as the path."),
        (("train/_classes.csv", "train/1.png", "test/1.png"), "If train/_classes.csv lists the"),
        (("birds.npz", "readme.txt"), "It has the files birds.npz, readme.txt."),
        (("birds.csv", "images/1.png"), "If birds.csv lists the images, give it as the path."),
        (("birds.zip",), "Unpack birds.zip first."),
    ],
)
def test_what_lies_there_instead_is_told(files: tuple[str, ...], told: str, tmp_path: Path) -> None:
    for name in files:
        write_image(tmp_path / name) if name.endswith("png") else touch(tmp_path / name)
    assert told in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("birds.zip", "got the file {}. Unpack it, and give what was in it."),
        ("birds.tar.gz", "got the file {}. Unpack it, and give what was in it."),
        ("owl.jpg", "got the file {}. It is an image: give the folder with the class folders."),
        ("birds.xlsx", "got the file {}. Save a table as CSV."),
    ],
)
def test_a_file_that_is_no_manifest_is_told_by_what_it_is(
    name: str, told: str, tmp_path: Path
) -> None:
    touch(tmp_path / name)
    assert told.format(tmp_path / name) in refusal(tmp_path / name)


def test_images_beside_the_class_folders_of_a_split_are_counted(tmp_path: Path) -> None:
    write_image(birds(tmp_path, "train", "val", "test") / "val" / "1.png")
    write_image(tmp_path / "train" / "2.png")
    assert notes(tmp_path) == ["2 images outside of class folders are ignored"]


def test_a_test_split_without_class_folders_is_refused(tmp_path: Path) -> None:
    write_image(birds(tmp_path, "train") / "test" / "1.png")
    told = f"expected class folders in {tmp_path / 'test'}, but 1 image lies directly in it."
    assert told in refusal(tmp_path)


def test_links_to_themselves_and_deep_folders_are_read_past(tmp_path: Path) -> None:
    plain = images(own(birds(tmp_path)))
    (tmp_path / "owl" / "loop").symlink_to("loop")
    (tmp_path / "owl" / "up").symlink_to("..")
    assert images(own(tmp_path)) == plain
    write_image(tmp_path / "tit" / Path(*["a"] * 300) / "1.png")
    assert sum(map(len, images(own(tmp_path)).values())) == 7


@pytest.mark.parametrize("part", [".", "tit"])
def test_a_locked_folder_is_named(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    birds(tmp_path)
    lock(monkeypatch, tmp_path / part)
    told = f"can't look into {tmp_path / part}: permission denied. Let the user who runs this"
    assert told in refusal(tmp_path)
