"""A folder that can't be looked into is named, and what can't be anywhere is just not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets.looking import Unlisted, contents, present
from tests.benchmarks.datasets.locked import lock


def test_folders_and_files_are_told_apart_and_links_followed(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.txt").touch()
    (tmp_path / "link").symlink_to("inner")
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "loop").symlink_to("loop")
    folders = {name for name, inner in contents(tmp_path) if inner}
    assert folders == {"inner", "link"}
    assert len(list(contents(tmp_path))) == 5


@pytest.mark.parametrize("name", ["gone", "a.txt/b", "nul\x00"])
def test_what_is_nowhere_is_not_there(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    assert not present(tmp_path / name)
    assert list(contents(tmp_path / name)) == []


def test_a_locked_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "birds").mkdir()
    lock(monkeypatch, tmp_path / "birds")
    with pytest.raises(Unlisted, match=r"can't look into .*birds: permission denied\. Let the"):
        list(contents(tmp_path / "birds"))
    with pytest.raises(Unlisted, match=r"can't look into .*birds/owl: permission denied"):
        present(tmp_path / "birds" / "owl")


def test_a_link_to_itself_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(Unlisted, match=r"loop: too many levels of symbolic links\. Correct"):
        present(tmp_path / "loop")
