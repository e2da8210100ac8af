"""Whatever happens to the files, no other pixels are given, nothing is raised, and it heals."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.pixels.cache.checked_number import LENGTH
from orchestrator.pixels.cache.locks import try_lock
from orchestrator.pixels.cache.pack_folder import ABOUT, DATA, INDEX, discard
from orchestrator.pixels.cache.pixel_cache import PixelCache
from orchestrator.pixels.cache.room import HELD
from tests.orchestrator.pixels.cache.images import DIGEST, ROWS, holds, image

harms = st.lists(
    st.tuples(
        st.sampled_from((f"{DIGEST}/{ABOUT}", f"{DIGEST}/{INDEX}", f"{DIGEST}/{DATA}", HELD)),
        st.sampled_from(("cut", "flip", "delete", "zero", "lengthen")),
        st.integers(0, 200),
    ),
    min_size=1,
    max_size=4,
)


def harm(file: Path, how: str, place: int) -> None:
    """Damages a file, if it is still there."""
    if not file.is_file():
        return
    data = bytearray(file.read_bytes())
    if how == "delete":
        file.unlink()
    elif how == "cut":
        os.truncate(file, min(place, len(data)))
    elif how == "lengthen":
        file.write_bytes(data + bytes(place + 1))
    elif data:
        data[place % len(data)] = 0 if how == "zero" else data[place % len(data)] ^ 0x10
        file.write_bytes(data)


@given(harms=harms)
def test_no_damage_gives_other_pixels_and_all_of_it_heals(
    harms: list[tuple[str, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    writer = PixelCache(folder, 10**9)
    for row in range(ROWS - 1):
        writer.pack(DIGEST, ROWS).put(row, image(row))
    reader = writer
    for name, how, place in harms:
        harm(folder / name, how, place)
        if how in ("flip", "zero"):  # a process compares the checksum of an image once
            reader = PixelCache(folder, 10**9)
        for row in range(ROWS):
            got = reader.pack(DIGEST, ROWS).get(row)
            assert got is None or (got == image(row)).all()
            reader.pack(DIGEST, ROWS).put(row, image(row))
    for row in range(ROWS):  # a put may have found that all must be made anew
        reader.pack(DIGEST, ROWS).put(row, image(row))
    assert all(holds(reader.pack(DIGEST, ROWS), row, image(row)) for row in range(ROWS))


def _file(folder: Path) -> None:
    folder.write_text("something else")


def _link(folder: Path) -> None:
    folder.symlink_to("/nowhere")


def _files_are_folders(folder: Path) -> None:
    for name in (ABOUT, INDEX, DATA):
        (folder / name).mkdir(parents=True)


def _other_format(folder: Path) -> None:
    PixelCache(folder.parent, 10**9).pack(DIGEST, ROWS).put(1, image(1))
    text = (folder / ABOUT).read_text()
    (folder / ABOUT).write_text(text.replace('"format": 1', '"format": 0'))


def _of_another_list(folder: Path) -> None:
    PixelCache(folder.parent, 10**9).pack("c" * 64, ROWS).put(1, image(1))
    shutil.copytree(folder.parent / ("c" * 64), folder)


@pytest.mark.parametrize("lay", [_file, _files_are_folders, _other_format, _of_another_list])
def test_what_lies_in_the_place_of_a_pack_makes_room_for_it(
    lay: Callable[[Path], None], tmp_path: Path
) -> None:
    lay(tmp_path / DIGEST)
    pack = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    assert pack.get(1) is None
    pack.put(0, image(0))
    assert holds(pack, 0, image(0))
    assert pack.get(1) is None


def test_a_pack_that_was_deleted_while_it_was_open_is_made_anew(tmp_path: Path) -> None:
    told: list[str] = []
    pack = PixelCache(tmp_path / "cache", 10**9, told.append).pack(DIGEST, ROWS)
    pack.put(0, image(0))
    before = pack.get(0)
    shutil.rmtree(tmp_path / "cache")
    assert holds(pack, 0, image(0))  # what is open stays readable
    pack.put(1, image(1))
    assert before is not None
    assert (before == image(0)).all()
    assert holds(PixelCache(tmp_path / "cache", 10**9).pack(DIGEST, ROWS), 1, image(1))
    assert told == []


def test_data_that_were_cut_off_while_they_were_open_are_not_written_over(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path, 10**9)
    pack = cache.pack(DIGEST, ROWS)
    for row in range(3):
        pack.put(row, image(row))
    assert holds(pack, 2, image(2))
    os.truncate(tmp_path / DIGEST / DATA, image(0).nbytes)
    assert pack.get(2) is None
    for row in (3, 4):
        pack.put(row, image(row))
    assert holds(pack, 3, image(3))
    assert all(pack.get(row) is None or holds(pack, row, image(row)) for row in range(ROWS))


def test_a_place_that_is_a_file_is_said_once_and_nothing_is_raised(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "cache").write_text("")
    cache = PixelCache(tmp_path / "cache", 10**9, told.append)
    for row in range(3):
        cache.pack(DIGEST, ROWS).put(row, image(row))
        assert cache.pack(DIGEST, ROWS).get(row) is None
    assert len(told) == 1
    assert "the pixel cache" in told[0]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_full_disk_is_said_once_and_what_was_kept_stays(
    error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    pack = PixelCache(tmp_path, 10**9, told.append).pack(DIGEST, ROWS)
    pack.put(0, image(0))
    write = os.pwrite

    def full(file: int, data: bytes, offset: int) -> int:
        if len(data) < 30:
            return write(file, data, offset)
        write(file, data[:7], offset)
        raise OSError(error, os.strerror(error))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        for row in (1, 2):
            pack.put(row, image(row))
            assert pack.get(row) is None
    assert holds(pack, 0, image(0))
    assert len(told) == 1
    assert os.strerror(error) in told[0]
    assert "are decoded anew" in told[0]
    pack.put(1, image(1))
    assert holds(pack, 1, image(1))


def test_a_write_that_takes_a_part_at_a_time_is_whole_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: write(file, data[:100], at))
    pack = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    pack.put(0, image(0, 30, 30))
    assert holds(PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS), 0, image(0, 30, 30))


@pytest.mark.parametrize("refusal", [errno.EROFS, errno.EACCES])
def test_what_may_only_be_read_is_read(
    refusal: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS).put(0, image(0))
    told: list[str] = []
    opens = os.open

    def read_only(path: str, flags: int, *arguments: int, dir_fd: int | None = None) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY | os.O_CREAT):
            raise OSError(refusal, os.strerror(refusal))
        return opens(path, flags, *arguments, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", read_only)
    pack = PixelCache(tmp_path, 10**9, told.append).pack(DIGEST, ROWS)
    for row in (1, 2):
        pack.put(row, image(row))
        assert pack.get(row) is None
    assert holds(pack, 0, image(0))
    assert len(told) == 1


def test_who_waited_while_a_pack_was_replaced_writes_nothing_into_the_new_one(
    tmp_path: Path,
) -> None:
    waiting = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    waiting.put(0, image(0))
    index = os.open(tmp_path / DIGEST / INDEX, os.O_RDWR)
    assert try_lock(index)  # another process is adding an image
    thread = threading.Thread(target=lambda: waiting.put(4, image(4)))
    thread.start()
    discard(tmp_path / DIGEST)
    other = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    for row in (3, 2, 1):
        other.put(row, image(row))
        assert holds(other, row, image(row))
    os.close(index)
    thread.join()
    assert all(holds(other, row, image(row)) for row in (3, 2, 1))
    waiting.put(4, image(4))
    assert all(holds(other, row, image(row)) for row in (4, 3, 2, 1))


def test_an_index_that_names_images_beyond_its_end_gives_none_that_others_overwrite(
    tmp_path: Path,
) -> None:
    """So a power failure may leave it, as the parts of a file reach the disk in any order."""
    pack = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    pack.put(0, image(0))
    end = (tmp_path / DIGEST / INDEX).read_bytes()[:LENGTH]
    pack.put(1, image(1))
    with (tmp_path / DIGEST / INDEX).open("r+b") as index:
        index.write(end)
    reader, writer = (PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS) for _ in range(2))
    assert holds(reader, 0, image(0))
    assert reader.get(1) is None
    writer.put(2, image(2))
    assert reader.get(1) is None
    writer.put(1, image(1))
    assert all(holds(reader, row, image(row)) for row in range(3))


def test_data_that_are_cut_off_while_they_are_mapped_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    pack = PixelCache(tmp_path, 10**9, told.append).pack(DIGEST, ROWS)
    pack.put(0, image(0))
    stated = os.fstat

    def before_the_cut(file: int) -> os.stat_result:
        found = stated(file)
        return os.stat_result((*found[:6], found.st_size + 10**6, *found[7:]))

    monkeypatch.setattr("orchestrator.pixels.cache.open_pack.os.fstat", before_the_cut)
    assert pack.get(0) is None
    assert len(told) == 1
    assert "mmap length is greater than file size" in told[0]
