"""Seconds of the clock and of all CPUs that a piece of work takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_STEP = 0.03
_STILL = 0.002


@dataclass
class Spent:
    """Seconds, known when the work has ended.

    Attributes:
        wall: of the clock.
        cpu: of the CPU, in all threads of this process.
        aside: of the CPU, in other threads than the one that measures.
    """

    wall: float = 0.0
    cpu: float = 0.0
    aside: float = 0.0


@contextmanager
def spent() -> Iterator[Spent]:
    """Measures what is done inside."""
    seconds = Spent()
    wall, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
    yield seconds
    seconds.wall = time.perf_counter() - wall
    seconds.cpu = time.process_time() - cpu
    seconds.aside = max(0.0, seconds.cpu - (time.thread_time() - own))


def cpu_until_still(work: Callable[[], object]) -> float:
    """CPU seconds of some work, with what its threads still do after it has returned."""
    start = time.process_time()
    work()
    while True:
        before = time.process_time()
        time.sleep(_STEP)
        if time.process_time() - before < _STILL:
            return before - start
