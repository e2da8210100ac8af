"""Reads many images at once with threads, and gives them in order."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from benchmarks.datasets.interface import Item

_THREADS = 8
_CHUNK = 16 * _THREADS

Read = TypeVar("Read")


def read_ahead(items: Iterable[Item], read: Callable[[Item], Read]) -> Iterator[tuple[Item, Read]]:
    """Each item with what `read` returned for it."""
    left = iter(items)
    with ThreadPoolExecutor(_THREADS) as threads:
        while chunk := list(islice(left, _CHUNK)):
            yield from zip(chunk, threads.map(read, chunk), strict=True)
