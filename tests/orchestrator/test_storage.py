"""Blobs are written whole or not at all."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.storage import BlobMissing, LocalStorage, open_storage


def test_what_was_written_is_read(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("results/a.bin", b"one")
    storage.write("results/a.bin", b"two")
    assert storage.read("results/a.bin") == b"two"
    assert storage.names("results") == ("results/a.bin",)


def test_a_missing_blob_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BlobMissing):
        LocalStorage(tmp_path).read("results/a.bin")
    assert LocalStorage(tmp_path).names("results") == ()


def test_deleting_twice_is_fine(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("x/a", b"")
    storage.delete("x/a")
    storage.delete("x/a")
    assert storage.names("x") == ()


def test_only_one_of_many_writers_of_a_new_blob_wins(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda n: storage.write_new("r/k", b"%d" % n), range(16)))
    assert won.count(True) == 1
    assert storage.read("r/k") == b"%d" % won.index(True)


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("r/k", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        storage.write("r/k", b"new")
    assert storage.read("r/k") == b"old"
    assert [p.name for p in (tmp_path / "r").iterdir()] == ["k"]


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="can't be written"):
        LocalStorage(tmp_path / "file").check_writable()


def test_unsupported_locations_are_refused() -> None:
    with pytest.raises(UserError, match="ftp://"):
        open_storage("ftp://host/folder")
