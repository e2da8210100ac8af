"""The cache saves time or isn't there; it never makes anything fail."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.local_cache import FILE, cache_folder, in_cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def note(text: str) -> bool | None:
    """Whether a row could be written."""

    def insert(cache: sqlite3.Connection) -> bool:
        cache.execute("INSERT INTO verified VALUES (?, '', '')", (text,))
        return True

    return in_cache(insert)


def notes() -> list[str] | None:
    """What was written; None without a cache."""
    return in_cache(lambda cache: [row[0] for row in cache.execute("SELECT place FROM verified")])


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"QUERYCURVE_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/querycurve"),
        ({}, "/home/me/.cache/querycurve"),
    ],
)
def test_its_folder_is_where_the_variables_say(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("QUERYCURVE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **variables}.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(expected)


def test_what_is_written_is_found_again(folder: Path) -> None:
    assert notes() == []
    assert note("a")
    assert notes() == ["a"]


def test_a_damaged_cache_is_begun_anew(folder: Path) -> None:
    note("a")
    (folder / FILE).write_bytes(b"SQLite format 3\0" + os.urandom(8000))
    assert notes() is None
    assert note("b")
    assert notes() == ["b"]


def test_a_folder_that_cannot_be_made_is_done_without(folder: Path) -> None:
    folder.write_text("a file in its place")
    assert note("a") is None
    assert notes() is None


def test_a_cache_that_another_process_holds_is_done_without(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note("a")
    monkeypatch.setattr("benchmarks.local_cache.PATIENCE", 0.01)
    with closing(sqlite3.connect(folder / FILE)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert notes() is None
    assert notes() == ["a"]


def test_a_cache_that_may_only_be_read_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note("a")
    connect = sqlite3.connect

    def read_only(file: Path, timeout: float) -> sqlite3.Connection:
        """As root may write everywhere, SQLite is told what a file's rights would tell it."""
        return connect(f"file:{file}?mode=ro", timeout=timeout, uri=True)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    assert note("b") is None
    assert notes() == ["a"]
