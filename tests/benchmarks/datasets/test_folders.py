"""Files in class folders are read, left out and counted, or ignored as litter."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.datasets.decoding import decode
from benchmarks.datasets.folders import (
    OFFICIAL,
    OWN,
    FolderRule,
    ignored_in,
    images_in,
    strays,
    subfolders,
)
from benchmarks.datasets.interface import DatasetError, Ignored
from benchmarks.datasets.texts import read_json, read_lines
from tests.benchmarks.datasets.trees import write_image

OWL = ("owl", 0, "owl")


def touched(base: Path, *names: str) -> None:
    for name in names:
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).touch()


def paths(base: Path, rule: FolderRule) -> list[str]:
    return [path for path, _, _ in images_in(base, [OWL], rule)]


def test_own_images_may_lie_in_inner_folders_and_official_ones_may_not(tmp_path: Path) -> None:
    touched(tmp_path, "owl/b.jpg", "owl/a/c.JPG", "owl/a/d/e.png")
    assert paths(tmp_path, OWN) == ["owl/a/c.JPG", "owl/a/d/e.png", "owl/b.jpg"]
    assert paths(tmp_path, OFFICIAL) == ["owl/b.jpg"]
    inner = list(ignored_in(tmp_path, [OWL], OFFICIAL))
    assert inner == [Ignored(0, "", "in folders inside class folders")] * 2
    assert list(ignored_in(tmp_path, [OWL], OWN)) == []


@pytest.mark.parametrize(
    ("ending", "kind"),
    [(".jfif", "JPEG"), (".avif", "AVIF"), (".jp2", "JPEG2000"), (".tga", "TGA"), (".qoi", "QOI")],
)
def test_other_formats_that_pillow_reads_are_images_of_own_datasets(
    ending: str, kind: str, tmp_path: Path
) -> None:
    (tmp_path / "owl").mkdir()
    Image.new("RGB", (8, 8), (9, 9, 9)).save(tmp_path / "owl" / f"a{ending}", kind)
    assert paths(tmp_path, OWN) == [f"owl/a{ending}"]
    assert decode((tmp_path / "owl" / f"a{ending}").read_bytes()).size == (8, 8)
    assert list(ignored_in(tmp_path, [OWL], OFFICIAL)) == [Ignored(0, ending)]


def test_files_with_other_endings_are_counted_and_litter_is_not(tmp_path: Path) -> None:
    touched(tmp_path, "owl/a.heic", "owl/b.HEIC", "owl/c", "owl/in/d.txt")
    touched(tmp_path, "owl/Thumbs.db", "owl/.DS_Store", "owl/desktop.ini", "owl/__MACOSX/._a.jpg")
    touched(tmp_path, "owl/.ipynb_checkpoints/a.jpg", "owl/@eaDir/a.jpg")
    endings = Counter(file.ending for file in ignored_in(tmp_path, [OWL], OWN))
    assert endings == {".heic": 2, "no ending": 1, ".txt": 1}
    assert paths(tmp_path, OWN) == []


@given(st.lists(st.text("ab.jpgJPEGtif", min_size=1).filter(lambda name: name[0] != ".")))
def test_endings_are_those_of_pathlib(names: list[str]) -> None:
    expected = [name for name in names if Path(name).suffix.lower() in OWN.suffixes]
    assert OWN.images(names) == expected
    others = [name for name in names if name not in expected]
    endings = [file.ending for file in OWN.ignored(names, 0, inner=False)]
    assert endings == [Path(name).suffix.lower().rstrip(".") or "no ending" for name in others]


def test_litter_is_no_class(tmp_path: Path) -> None:
    for name in ("owl", "__MACOSX", ".ipynb_checkpoints", ".git", "goose"):
        (tmp_path / name).mkdir()
    assert subfolders(tmp_path) == ["goose", "owl"]
    assert subfolders(tmp_path / "nowhere") == []


def test_links_that_lead_back_are_not_followed_and_others_are(tmp_path: Path) -> None:
    touched(tmp_path, "owl/a.jpg", "owl/in/b.jpg", "more/c.jpg")
    (tmp_path / "owl" / "in" / "loop").symlink_to(tmp_path / "owl")
    (tmp_path / "owl" / "up").symlink_to("..")
    (tmp_path / "owl" / "other").symlink_to(tmp_path / "more")
    (tmp_path / "more" / "back").symlink_to(tmp_path / "owl")
    assert paths(tmp_path, OWN) == ["owl/a.jpg", "owl/in/b.jpg", "owl/other/c.jpg"]


def test_a_class_inside_another_ones_folder_keeps_its_images(tmp_path: Path) -> None:
    touched(tmp_path, "a/church/x.jpg", "a/church/indoor/y.jpg", "a/church/z/w.jpg")
    classes = [("a/church", 0, "church"), ("a/church/indoor", 1, "indoor church")]
    ignored = list(ignored_in(tmp_path, classes, OFFICIAL))
    assert ignored == [Ignored(0, "", "in folders inside class folders")]


def test_images_beside_class_folders_are_of_no_class(tmp_path: Path) -> None:
    touched(tmp_path, "owl/a.jpg", "b.jpg", "readme.txt")
    assert strays(tmp_path, OWN) == [Ignored(None, "", "outside of class folders")]


def test_a_byte_order_mark_belongs_to_no_name(tmp_path: Path) -> None:
    write_image(tmp_path / "owl" / "a.jpg")
    (tmp_path / "names.txt").write_text("n01 tench\nn02 shark\n", encoding="utf-8-sig")
    assert read_lines(tmp_path / "names.txt", "toy") == ["n01 tench", "n02 shark"]
    (tmp_path / "split.json").write_text('{"train": []}', encoding="utf-8-sig")
    assert read_json(tmp_path / "split.json", "toy") == {"train": []}
    (tmp_path / "names.txt").write_text("n01 tench\n", encoding="utf-16")
    assert read_lines(tmp_path / "names.txt", "toy") == ["n01 tench"]
    (tmp_path / "names.txt").write_text("tench\ncaf\u00e9\n", encoding="latin-1")
    message = r"dataset toy: can't read .*names\.txt as text in UTF-8: line 2 is not in UTF-8"
    with pytest.raises(DatasetError, match=message):
        read_lines(tmp_path / "names.txt", "toy")
