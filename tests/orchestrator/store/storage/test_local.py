"""A folder as a storage: whole files or none, full disks, and files that don't belong."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.store.storage import LocalStorage, Storage, StorageUnavailable
from tests.conformance.storage_suite import StorageSuite


class TestLocalStorage(StorageSuite):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        return LocalStorage(tmp_path)

    def pass_time(self, storage: Storage, name: str) -> None:
        set_back(Path(storage.location) / name)


def set_back(file: Path) -> None:
    """Lets a file be written two seconds earlier than it was."""
    written = file.stat().st_mtime
    os.utime(file, (written, written - 2.1))


@pytest.mark.parametrize("write", ["write", "write_new"])
def test_a_full_disk_passes_and_leaves_nothing_behind(
    write: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("r/old", b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageUnavailable, match="No space left on device"):
        getattr(storage, write)("r/new", b"new")
    with pytest.raises(StorageUnavailable, match="No space left on device"):
        storage.write("r/old", b"new")
    assert storage.read("r/old") == b"old"
    assert [p.name for p in (tmp_path / "r").iterdir()] == ["old"]


def test_half_written_files_are_no_blobs(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("r/k", b"whole")
    (tmp_path / "r" / ".x.partial").write_bytes(b"ha")
    assert storage.names("r") == ("r/k",)


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="can't be written"):
        LocalStorage(tmp_path / "file").check_writable()


@pytest.mark.parametrize("name", ["../x", "r/../../x", "/etc/x"])
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "store")
    with pytest.raises(ValueError, match="leads out of the store"):
        storage.write(name, b"")
    assert not (tmp_path / "x").exists()
