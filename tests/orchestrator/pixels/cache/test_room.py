"""What packs may take, and which of them make room for others."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.pixels.cache import room
from orchestrator.pixels.cache.kept import kept_in
from orchestrator.pixels.cache.pack_folder import ABOUT, NEW, OLD
from orchestrator.pixels.cache.pixel_cache import NEEDED, PixelCache
from orchestrator.pixels.cache.room import HELD, left_free
from tests.orchestrator.pixels.cache.images import ROWS, holds, image

IMAGE = image(0, 10, 10).nbytes
EMPTY = 300  # at most, of a pack without images


def digest(number: int) -> str:
    """The name of a pack."""
    return f"{number:064x}"


def keep(folder: Path, number: int, age: float, limit: int = 10**9) -> None:
    """A pack of one image that was used some seconds ago, by a process that has ended."""
    PixelCache(folder, limit).pack(digest(number), ROWS).put(0, image(number, 10, 10))
    then = time.time() - age
    os.utime(folder / digest(number) / ABOUT, (then, then))


def kept(folder: Path) -> list[int]:
    """Which packs are there."""
    return sorted(int(f.name, 16) for f in folder.iterdir() if f.is_dir())


def test_the_pack_that_was_not_used_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    for number, age in ((0, 200), (1, 400), (2, 300)):
        keep(tmp_path, number, age)
    limit = kept_in(tmp_path).size + 10
    keep(tmp_path, 3, 0, limit)
    assert kept(tmp_path) == [0, 2, 3]
    keep(tmp_path, 4, 0, limit)
    assert kept(tmp_path) == [0, 3, 4]


def test_to_read_a_pack_is_to_use_it(tmp_path: Path) -> None:
    for number, age in ((0, 400), (1, 300)):
        keep(tmp_path, number, age)
    assert holds(PixelCache(tmp_path, 10**9).pack(digest(0), ROWS), 0, image(0, 10, 10))
    keep(tmp_path, 2, 0, kept_in(tmp_path).size + 10)
    assert kept(tmp_path) == [0, 2]


def test_a_pack_that_somebody_has_open_stays_and_it_is_said_once_that_there_is_no_room(
    tmp_path: Path,
) -> None:
    keep(tmp_path, 0, 400)
    reader = PixelCache(tmp_path, 10**9).pack(digest(0), ROWS)
    assert reader.get(0) is not None
    told: list[str] = []
    limit = kept_in(tmp_path).size + EMPTY
    full = PixelCache(tmp_path, limit, told.append).pack(digest(1), ROWS)
    for row in range(3):
        full.put(row, image(row, 10, 10))
        assert full.get(row) is None
    assert holds(reader, 0, image(0, 10, 10))
    assert kept_in(tmp_path).size <= limit
    assert len(told) == 1
    assert told[0].startswith("the pixel cache is full (")
    assert "decoded anew in each step; give --pixel-cache more" in told[0]


def test_who_found_no_room_looks_again_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path, 0, 400)
    reader = PixelCache(tmp_path, 10**9).pack(digest(0), ROWS)
    assert reader.get(0) is not None
    pack = PixelCache(tmp_path, kept_in(tmp_path).size + EMPTY).pack(digest(1), ROWS)
    pack.put(0, image(1, 10, 10))
    del reader
    pack.put(0, image(1, 10, 10))
    assert pack.get(0) is None  # not yet
    now = time.monotonic()
    monkeypatch.setattr(room.time, "monotonic", lambda: now + 2 * room.REST)
    pack.put(0, image(1, 10, 10))
    assert holds(pack, 0, image(1, 10, 10))


@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 1), st.integers(0, 4), st.integers(0, ROWS - 1), st.integers(1, 12)
        ),
        max_size=25,
    ),
    limit=st.integers(0, 4000),
)
def test_the_limit_holds_whatever_is_put_by_whom(
    steps: list[tuple[int, int, int, int]], limit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    processes = [PixelCache(folder, limit) for _ in range(2)]
    for process, number, row, side in steps:
        processes[process].pack(digest(number), ROWS).put(row, image(0, side, side))
        assert kept_in(folder).size <= limit


def test_a_smaller_limit_than_before_makes_packs_go(tmp_path: Path) -> None:
    for number in range(4):
        keep(tmp_path, number, 100 - number)
    keep(tmp_path, 4, 0, limit=2 * (IMAGE + EMPTY))
    assert kept_in(tmp_path).size <= 2 * (IMAGE + EMPTY)
    assert kept(tmp_path)[-1] == 4


@pytest.mark.parametrize("holds_what", [b"", b"nonsense and more", b"\xff" * 12])
def test_how_much_is_held_is_counted_anew_where_nobody_knows(
    holds_what: bytes, tmp_path: Path
) -> None:
    keep(tmp_path, 0, 100)
    (tmp_path / HELD).write_bytes(holds_what)
    keep(tmp_path, 1, 0, limit=kept_in(tmp_path).size + EMPTY)
    assert kept(tmp_path) == [1]


def test_packs_that_a_person_deleted_make_room(tmp_path: Path) -> None:
    keep(tmp_path, 0, 100)
    limit = kept_in(tmp_path).size + 10
    shutil.rmtree(tmp_path / digest(0))
    keep(tmp_path, 1, 0, limit)
    assert kept(tmp_path) == [1]


def test_some_of_the_disk_stays_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    keep(tmp_path, 0, 100)
    disk = os.statvfs(tmp_path)
    left = os.statvfs_result((4096, 4096, 10**9, 10**6, 10**6, *tuple(disk)[5:]))
    monkeypatch.setattr(os, "statvfs", lambda _: left)
    monkeypatch.setattr(room, "left_free", left_free)
    pack = PixelCache(tmp_path, 10**9, told.append).pack(digest(1), ROWS)
    pack.put(0, image(1))
    assert pack.get(0) is None
    assert len(told) == 1
    assert "the disk of the pixel cache is nearly full" in told[0]


@pytest.mark.parametrize(
    ("disk", "spare"), [(10**9, 2 * 10**9), (100 * 10**9, 5 * 10**9), (10**13, 20 * 10**9)]
)
def test_a_twentieth_of_a_disk_stays_free_within_bounds(disk: int, spare: int) -> None:
    assert left_free(disk) == spare


def test_what_others_left_half_made_or_half_deleted_goes(tmp_path: Path) -> None:
    old, new, made = (tmp_path / name for name in (f"{OLD}a", f"{NEW}a", f"{NEW}b"))
    for folder in (old, new, made):
        folder.mkdir()
        (folder / "data").write_bytes(b"x" * 5000)
    long_ago = time.time() - 10**5
    os.utime(new, (long_ago, long_ago))
    keep(tmp_path, 0, 0)
    assert not old.exists()
    assert not new.exists()
    assert made.exists()  # somebody is at it
    assert kept_in(tmp_path).lists == 1


def test_packs_that_a_process_no_longer_reads_make_room_for_its_others(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path, 10**9)
    for number in range(NEEDED):
        cache.pack(digest(number), ROWS).put(0, image(number, 10, 10))
    cache = PixelCache(tmp_path, kept_in(tmp_path).size + EMPTY)
    for number in range(NEEDED):
        assert holds(cache.pack(digest(number), ROWS), 0, image(number, 10, 10))
    new = cache.pack(digest(NEEDED), ROWS)
    new.put(0, image(NEEDED, 10, 10))
    assert holds(new, 0, image(NEEDED, 10, 10))
    assert kept(tmp_path) == list(range(1, NEEDED + 1))
