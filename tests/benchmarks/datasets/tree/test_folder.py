"""Folders are as they are now, whatever was remembered; unchanged ones aren't listed again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.datasets.tree import contents, folder, listing_file
from benchmarks.datasets.tree.contents import Contents, Scan, scan
from benchmarks.datasets.tree.folder import Folder

NAMES = st.sampled_from(("a.jpg", "b.jpg", "c.jpg", "owl", "goose"))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, in which every listing is worth a file and counts as settled."""
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(contents, "SETTLED", -(10**9))
    monkeypatch.setattr(folder, "WORTHWHILE", 1)
    return tmp_path / "cache" / "listings"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Two classes and a file in a folder inside one of them."""
    for name in ("owl/a.jpg", "owl/b.jpg", "owl/in/c.jpg", "goose/d.jpg"):
        (tmp_path / "base" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "base" / name).touch()
    return tmp_path / "base"


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that are listed."""
    listed: list[str] = []

    def watched(path: str, stamp: str) -> Scan:
        listed.append(Path(path).name)
        return scan(path, stamp)

    monkeypatch.setattr(folder, "scan", watched)
    return listed


def listed(base: Path) -> list[tuple[str, list[str]]]:
    images = Folder.remembered(base)
    found = sorted(images.below())
    images.remember()
    return found


def test_what_has_not_changed_is_not_listed_again(base: Path, scanned: list[str]) -> None:
    first = listed(base)
    assert first == [("", []), ("goose/", ["d.jpg"]), ("owl/", ["a.jpg", "b.jpg"]),
                     ("owl/in/", ["c.jpg"])]  # fmt: skip
    scanned.clear()
    assert listed(base) == first
    assert scanned == []
    (base / "owl" / "new.jpg").touch()
    assert ("owl/", ["a.jpg", "b.jpg", "new.jpg"]) in listed(base)
    assert scanned == ["owl"]


@pytest.mark.parametrize(
    "change",
    [
        lambda base: (base / "owl" / "a.jpg").rename(base / "owl" / "z.jpg"),
        lambda base: (base / "owl" / "a.jpg").unlink(),
        lambda base: (base / "owl").rename(base / "tit"),
        lambda base: shutil.rmtree(base / "goose"),
        lambda base: (base / "owl").rename(base / "x") and (base / "goose").rename(base / "owl"),
    ],
    ids=["rename", "delete", "rename folder", "delete folder", "other folder in its place"],
)
def test_every_change_is_seen_though_times_are_set_back(
    change: Callable[[Path], object], base: Path
) -> None:
    listed(base)
    times = {path: path.stat() for path in (base, base / "owl", base / "goose")}
    change(base)
    for path, was in times.items():
        if path.exists():
            os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert listed(base) == sorted(Folder(base).below())


def test_a_folder_with_links_is_listed_anew(base: Path, scanned: list[str]) -> None:
    (base / "owl" / "link").symlink_to(base.parent / "elsewhere")
    assert ("owl/", ["a.jpg", "b.jpg", "link"]) in listed(base)
    (base.parent / "elsewhere").mkdir()
    (base.parent / "elsewhere" / "e.jpg").touch()
    scanned.clear()
    assert ("owl/link/", ["e.jpg"]) in listed(base)
    assert scanned == ["owl", "link"]


def test_a_folder_that_changed_just_now_is_listed_anew(
    base: Path, scanned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "SETTLED", 60 * 10**9)
    listed(base)
    scanned.clear()
    listed(base)
    assert sorted(scanned) == ["base", "goose", "in", "owl"]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.booleans(), NAMES, NAMES), max_size=8))
def test_listings_are_never_out_of_date(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, str, str]]
) -> None:
    base = tmp_path_factory.mktemp("base")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "SETTLED", 20 * 10**6)  # ticks are of 4 ms or less
        for remove, outer, inner in steps:
            target = base / outer / inner
            if remove and target.exists():
                target.unlink()
            elif not remove:
                target.parent.mkdir(exist_ok=True)
                target.touch()
            assert listed(base) == sorted(Folder(base).below())


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_listing_is_done_without_and_written_anew(
    damage: bytes | None, base: Path, place: Path, scanned: list[str]
) -> None:
    first = listed(base)
    (file,) = place.iterdir()
    file.write_bytes(file.read_bytes()[:-9] if damage is None else damage)
    assert listed(base) == first
    scanned.clear()
    assert listed(base) == first
    assert scanned == []


def test_listings_of_other_folders_are_told_apart(base: Path, place: Path) -> None:
    listed(base)
    (file,) = place.iterdir()
    other = base.parent / "other"
    shutil.copytree(base, other)
    listed(other)
    (theirs,) = set(place.iterdir()) - {file}
    file.replace(theirs)
    (other / "owl" / "e.jpg").touch()
    assert listed(other) == sorted(Folder(other).below())


def test_names_of_any_bytes_are_remembered(base: Path, scanned: list[str]) -> None:
    for name in (b"\xff.txt", "é\n.jpg".encode()):
        (base / "owl" / os.fsdecode(name)).touch()
    first = listed(base)
    assert first == sorted(Folder(base).below())
    scanned.clear()
    assert listed(base) == first
    assert scanned == []


def test_few_names_are_not_worth_a_file(
    base: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "WORTHWHILE", 8)
    listed(base)
    assert not place.exists()


def test_no_more_than_some_listings_are_kept(
    base: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_file, "MOST_FILES", 2)
    for name in "xyz":
        shutil.copytree(base, base.parent / name)
        listed(base.parent / name)
    assert len(list(place.iterdir())) == 2


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A file where the cache's folder should be."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "file"))
    yield


@pytest.mark.usefixtures("no_cache")
def test_without_a_cache_folders_are_listed_each_time(base: Path, scanned: list[str]) -> None:
    first = listed(base)
    scanned.clear()
    assert listed(base) == first
    assert len(scanned) == 4


def test_what_is_no_folder_holds_nothing(base: Path) -> None:
    assert Folder(base / "nowhere").contents() == Contents([], [])
    assert Folder(base / "owl" / "a.jpg").contents() == Contents([], [])
