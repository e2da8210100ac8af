"""What listing class folders costs: `python -m tests.performance.listing [FILES ...]`.

Makes folders of empty files, a thousand in each, and prints microseconds of the CPU per file: of
torchvision's `ImageFolder`, which forgets what it listed; of a dataset of one's own whose folders
nobody has listed yet; and of the next process, which finds them unchanged. Each takes its turn in
every round. Nothing is asserted, since machines differ.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from torchvision.datasets import ImageFolder

from benchmarks.datasets.interface import SPLITS
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.tree import contents
from benchmarks.local_cache import VARIABLE

IN_A_FOLDER, ROUNDS = 1_000, 3


def main(sizes: list[int]) -> None:
    """Measures each number of files."""
    contents.SETTLED = 0  # the folders were made just now, and nobody else changes them
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            os.environ[VARIABLE] = f"{folder}/cache"
            _measure(Path(folder) / "images", size)


def _measure(folder: Path, size: int) -> None:
    _fill(folder, size)
    cache = folder.parent / "cache" / "listings"
    spent: dict[str, list[float]] = {"torchvision": [], "cold": [], "warm": []}
    for _ in range(ROUNDS):
        for file in cache.glob("*"):
            file.unlink()
        spent["torchvision"].append(_seconds(lambda: ImageFolder(str(folder))))
        spent["cold"].append(_seconds(lambda: _listed(folder)))
        spent["warm"].append(_seconds(lambda: _listed(folder)))
    costs = ", ".join(f"{name} {1e6 * median(s) / size:.2f}" for name, s in spent.items())
    print(f"{size:,} files: {costs} microseconds a file", flush=True)


def _fill(folder: Path, size: int) -> None:
    for start in range(0, size, IN_A_FOLDER):
        inner = folder / f"n{start // IN_A_FOLDER:08}"
        inner.mkdir(parents=True)
        for number in range(start, min(size, start + IN_A_FOLDER)):
            (inner / f"{inner.name}_{number:08}.JPEG").touch()


def _listed(folder: Path) -> None:
    """What a plan asks of every dataset, whatever it draws."""
    dataset = OwnDataset(name="own", path=str(folder)).open()
    dataset.class_names()
    for split in SPLITS:
        dataset.items(split)


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10_000, 100_000])
