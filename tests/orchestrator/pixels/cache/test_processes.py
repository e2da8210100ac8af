"""Processes that write at once, and are killed while they do."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from orchestrator.pixels.cache.kept import kept_in
from orchestrator.pixels.cache.pixel_cache import PixelCache
from tests.orchestrator.pixels.cache import writer
from tests.orchestrator.pixels.cache.images import holds, image

WRITERS = 3
IMAGE = image(0, 40, 50)


@contextmanager
def writing(folder: Path, limit: int, start: int) -> Iterator[subprocess.Popen[str]]:
    """A writer that has begun; it is killed in the end, wherever it is."""
    arguments = [sys.executable, "-m", writer.__name__, str(folder), str(limit), str(start)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()
            assert process.stdout.read() == ""


@pytest.mark.fault
@pytest.mark.parametrize("limit", [10**9, 20 * IMAGE.nbytes])
def test_who_is_killed_while_it_writes_harms_nobody(limit: int, tmp_path: Path) -> None:
    with ExitStack() as writers:
        processes = [
            writers.enter_context(writing(tmp_path, limit, start * 20)) for start in range(WRITERS)
        ]
        for _ in range(5):
            time.sleep(0.04)
            for process in processes:  # or else what is counted changes meanwhile
                process.send_signal(signal.SIGSTOP)
            assert kept_in(tmp_path).size <= limit + WRITERS * IMAGE.nbytes
            for process in processes:
                process.send_signal(signal.SIGCONT)
    told: list[str] = []
    cache = PixelCache(tmp_path, 10**9, told.append)
    found = 0
    for number in range(3):
        pack = cache.pack(f"{number:064x}", writer.ROWS)
        for row in range(writer.ROWS):
            got = pack.get(row)
            found += got is not None
            assert got is None or (got == image(row, 40, 50)).all()
            pack.put(row, image(row, 40, 50))
            assert holds(pack, row, image(row, 40, 50))
    assert found
    assert told == []
