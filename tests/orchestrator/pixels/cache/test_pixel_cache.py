"""The packs of a machine: what is put is got back, bit for bit, by all processes and runs."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import local_cache
from orchestrator.pixels.cache import pixel_cache
from orchestrator.pixels.cache.kept import kept_in
from orchestrator.pixels.cache.kept_pack import KeptPack
from orchestrator.pixels.cache.pack_folder import is_open
from orchestrator.pixels.cache.pixel_cache import PixelCache, opened
from orchestrator.pixels.packs import Nothing, Pixels
from tests.orchestrator.pixels.cache.images import DIGEST, OTHER, ROWS, holds, image

Step = tuple[int, str, int, bool, tuple[int, int]]
steps = st.lists(
    st.tuples(
        st.integers(0, 2),  # which process
        st.sampled_from((DIGEST, OTHER)),
        st.integers(0, ROWS - 1),
        st.booleans(),  # puts, or gets
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
    ),
    max_size=30,
)


@given(steps=steps)
def test_what_was_put_first_is_got_back_by_all(
    steps: list[Step], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    processes = [PixelCache(folder, 10**9) for _ in range(3)]
    kept: dict[tuple[str, int], Pixels] = {}
    for number, (process, digest, row, puts, shape) in enumerate(steps):
        pack = processes[process].pack(digest, ROWS)
        if puts:
            pixels = image(number, *shape)
            pack.put(row, pixels)
            kept.setdefault((digest, row), pixels)
        assert holds(pack, row, kept.get((digest, row)))


def test_images_outlive_the_process_and_larger_ones_may_follow(tmp_path: Path) -> None:
    first = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    first.put(0, image(0))
    early = first.get(0)
    first.put(1, image(1, 200, 300))
    again = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    for pack in (first, again):
        assert holds(pack, 0, image(0))
        assert holds(pack, 1, image(1, 200, 300))
    assert early is not None
    np.testing.assert_array_equal(early, image(0))


def test_an_image_is_a_view_that_nobody_can_write_to(tmp_path: Path) -> None:
    pack = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    pack.put(0, image(0))
    got = pack.get(0)
    assert got is not None
    assert not got.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        got[0, 0, 0] = 1


def test_an_image_need_not_be_contiguous(tmp_path: Path) -> None:
    pack = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    pack.put(0, image(0, 8, 8)[::2, ::-1])
    assert holds(pack, 0, image(0, 8, 8)[::2, ::-1])


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 1), (0, 4, 3)])
def test_what_is_no_image_is_not_kept(shape: tuple[int, ...], tmp_path: Path) -> None:
    pack = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    if len(shape) == 3 and shape[2] == 3:
        pack.put(0, np.zeros(shape, np.uint8))
    else:
        with pytest.raises(ValueError, match=r"expected uint8 \(H, W, 3\)"):
            pack.put(0, np.zeros(shape, np.uint8))
    assert pack.get(0) is None


@pytest.mark.parametrize("row", [-1, ROWS])
def test_a_row_that_the_list_lacks_is_empty(row: int, tmp_path: Path) -> None:
    pack = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    pack.put(row, image(0))
    assert pack.get(row) is None


def test_lists_of_other_lengths_are_not_mixed_up(tmp_path: Path) -> None:
    cache = PixelCache(tmp_path, 10**9)
    cache.pack(DIGEST, ROWS).put(0, image(0))
    longer = cache.pack(DIGEST, ROWS + 1)
    assert longer.get(0) is None
    longer.put(0, image(1))
    assert holds(PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS + 1), 0, image(1))


def test_a_process_keeps_few_packs_open_and_opens_others_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixel_cache, "MOST_OPEN", 2)
    cache = PixelCache(tmp_path, 10**9)
    digests = [f"{number:064x}" for number in range(6)]
    first = cache.pack(digests[0], ROWS)
    for number, digest in enumerate(digests):
        cache.pack(digest, ROWS).put(0, image(number))
    assert [is_open(tmp_path / digest) for digest in digests] == [False] * 4 + [True] * 2
    assert cache.pack(digests[5], ROWS) is cache.pack(digests[5], ROWS)
    assert holds(first, 0, image(0))
    assert all(holds(cache.pack(d, ROWS), 0, image(n)) for n, d in enumerate(digests))


def test_threads_of_a_process_put_and_get_at_once(tmp_path: Path) -> None:
    pack = PixelCache(tmp_path, 10**9).pack(DIGEST, 40)
    wrong = []

    def work() -> None:
        for row in range(40):
            pack.put(row, image(row, 20, 20))
            if not holds(pack, row, image(row, 20, 20)) and pack.get(row) is not None:
                wrong.append(row)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert all(holds(pack, row, image(row, 20, 20)) for row in range(40))


def test_nothing_lies_there_before_an_image_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    pack = PixelCache(folder, 10**9).pack(DIGEST, ROWS)
    assert pack.get(0) is None
    assert not folder.exists()
    assert kept_in(folder).lists == 0
    pack.put(0, image(0))
    assert kept_in(folder).lists == 1


def test_it_lies_where_this_machine_remembers_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(local_cache.VARIABLE, str(tmp_path))
    opened(10**9).pack(DIGEST, ROWS).put(0, image(0))
    assert (tmp_path / "pixels" / DIGEST).is_dir()
    assert isinstance(opened(0), Nothing)


def test_a_pack_may_be_closed_while_its_use_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = PixelCache(tmp_path, 10**9).pack(DIGEST, ROWS)
    assert isinstance(pack, KeptPack)
    pack.put(0, image(0))
    moment = time.monotonic

    def closed_meanwhile() -> float:
        pack.close()
        return moment() + 1000

    monkeypatch.setattr("orchestrator.pixels.cache.kept_pack.time.monotonic", closed_meanwhile)
    pack.use()
    monkeypatch.undo()
    assert holds(pack, 0, image(0))
