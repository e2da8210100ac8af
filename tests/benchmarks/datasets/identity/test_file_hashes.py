"""Hashes of files are those of their bytes, whatever was remembered of them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.datasets.identity import file_hashes
from benchmarks.datasets.identity.file_hashes import (
    MISSING,
    UNREADABLE,
    FileState,
    sha256_of,
    sizes_of,
)
from benchmarks.local_cache import FILE

ROOT = Path(__file__).parents[4]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, in which everything counts as settled."""
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(file_hashes, "SETTLED", -(10**9))
    return tmp_path / "cache" / FILE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "image.png"
    path.write_bytes(b"first")
    return path


class Announced:
    """Counts the files that are read."""

    def __init__(self) -> None:
        self.files = 0

    def __call__(self, files: int, size: int) -> None:
        self.files += files

    def of(self, *paths: Path) -> list[str]:
        self.files = 0
        return sha256_of(map(str, paths), self)


@pytest.fixture
def reads() -> Announced:
    return Announced()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_file_is_read_once(cache: Path, file: Path, reads: Announced) -> None:
    assert reads.of(file, file) == 2 * [sha256(b"first")]
    assert reads.files == 1
    assert reads.of(file) == [sha256(b"first")]
    assert reads.files == 0


def test_large_files_and_many_files_are_hashed_too(cache: Path, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(700)]
    for number, path in enumerate(paths):
        path.write_bytes(str(number).encode())
    paths[0].write_bytes(bytes(3 << 20))
    expected = [sha256(path.read_bytes()) for path in paths]
    for _ in range(2):
        assert sha256_of(map(str, paths)) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=4), min_size=2, max_size=6))
def test_an_edit_in_place_is_noticed_at_once_and_with_its_times_set_back(
    file: Path, contents: list[bytes]
) -> None:
    for data in contents:
        file.write_bytes(data)
        os.utime(file, (1, 1))
        assert sha256_of([str(file)]) == [sha256(data)]


def test_another_file_moved_into_its_place_is_noticed(cache: Path, file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(b"other")
    for path in (file, other):
        os.utime(path, (1, 1))
    assert sha256_of([str(file)]) == [sha256(b"first")]
    time.sleep(0.02)  # past the tick of the file system's clock
    other.rename(file)
    assert sha256_of([str(file)]) == [sha256(b"other")]


def test_a_link_switched_to_a_folder_written_in_the_same_tick_is_noticed(
    cache: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        (folder / "a.bmp").write_bytes(folder.name.encode())
    _written_at_once([folder / "a.bmp" for folder in folders])
    link = tmp_path / "current"
    for folder in (*folders, *folders):
        link.unlink(missing_ok=True)
        link.symlink_to(folder)
        assert sha256_of([str(link / "a.bmp")]) == [sha256(folder.name.encode())]


def _written_at_once(paths: Sequence[Path]) -> None:
    """Gives files the same times, as far as the file system's clock allows."""
    for _ in range(100):
        for path in paths:
            os.utime(path, (1, 1))
        if len({path.stat().st_ctime_ns for path in paths}) == 1:
            return
    pytest.skip("this file system tells every two changes apart by their times")


def test_times_and_inodes_may_be_of_any_size(
    cache: Path, file: Path, reads: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, far = file.stat().st_size, 2**64
    state = FileState(os.fsencode(file), size, modified=far, changed=1, inode=far)
    monkeypatch.setattr(file_hashes, "_state_of", lambda *_: state)
    for expected in (1, 0):
        assert reads.of(file) == [sha256(b"first")]
        assert reads.files == expected


def test_what_changed_just_now_is_not_remembered(
    cache: Path, file: Path, reads: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_hashes, "SETTLED", 60 * 10**9)
    for _ in range(2):
        reads.of(file)
        assert reads.files == 1


def test_a_time_in_the_future_does_not_count_as_just_now(
    cache: Path, file: Path, reads: Announced
) -> None:
    os.utime(file, (time.time() + 1e6,) * 2)
    reads.of(file)
    reads.of(file)
    assert reads.files == 0


def test_files_that_are_missing_or_unreadable_have_no_hash(
    cache: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(file.with_name("nothing")), str(file.parent)]
    assert sha256_of(paths) == sizes_of(paths) == [MISSING, MISSING]
    assert sizes_of([str(file)]) == ["5"]

    def refuse(*_: object) -> Iterator[bytes]:
        raise PermissionError

    monkeypatch.setattr("builtins.open", refuse)
    assert sha256_of([str(file)]) == [UNREADABLE]
    monkeypatch.undo()
    assert sha256_of([str(file)]) == [sha256(b"first")]


def test_names_need_not_be_text(cache: Path, tmp_path: Path, reads: Announced) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    path.write_bytes(b"odd")
    for _ in range(2):
        assert reads.of(path) == [sha256(b"odd")]
    assert reads.files == 0


def test_a_damaged_cache_changes_no_hash(cache: Path, file: Path, reads: Announced) -> None:
    sha256_of([str(file)])
    cache.write_bytes(b"no database at all" * 100)
    for expected in (1, 1, 0):  # found damaged, then read and written anew
        assert reads.of(file) == [sha256(b"first")]
        assert reads.files in (expected, 0)
    assert reads.files == 0


def test_many_processes_hash_at_once(cache: Path, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(200)]
    for path in paths:
        path.write_bytes(path.name.encode())
    script = (
        "import sys; from benchmarks.datasets.identity import file_hashes; "
        "file_hashes.SETTLED = -10**9; "
        "print(*file_hashes.sha256_of(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, *map(str, paths)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) for _ in range(4)]
    expected = [sha256(path.name.encode()) for path in paths]
    for process in running:
        assert process.communicate()[0].decode().split() == expected
        assert process.returncode == 0
    reads = Announced()
    assert reads.of(*paths) == expected
    assert reads.files == 0
