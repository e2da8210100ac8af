"""Runs whole cells and says where their seconds go: `make bench-cell`, `--help` says the rest."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import torch

from benchmarks.local_cache import VARIABLE
from orchestrator.errors import UserError
from tests.performance.bench.machine import Machine
from tests.performance.cells.bench import Bench
from tests.performance.cells.figures import Figures
from tests.performance.cells.model import WHOLE
from tests.performance.cells.options import Options, parsed
from tests.performance.cells.table import cell_table, stage_table

Say = Callable[[str], None]


def main(words: Sequence[str]) -> int:
    """Runs what the words of a command line ask for; 1 if traces differ, 2 if it can't be run."""
    options = parsed(words)
    try:
        figures = measured(options, _progress)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    for line in told(options, figures):
        print(line)
    if options.json is not None:
        options.json.write_text(figures.as_json(options))
    return 0 if figures.equal else 1


def measured(options: Options, progress: Say) -> Figures:
    """Runs all cells in a temporary folder, with a temporary cache.

    Raises:
        UserError: the options don't fit each other.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {VARIABLE: str(Path(folder) / "cache")}),
    ):
        return Bench(options, Path(folder), progress).figures()


def told(options: Options, figures: Figures) -> list[str]:
    """What is printed."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    lines = [
        f"{Machine(device, options.threads).name}; torch {torch.__version__}",
        f"ViT-B/16 shapes, {options.layers} of {WHOLE} layers, {options.precision}, untrained",
        f"{options.classes} classes x {options.shots} shots and {options.test_images} test images "
        f"of 500 x 375 pixels, {figures.kilobytes:.0f} KB each",
        f"{options.steps} steps of {options.batch} images, measured {1 + options.points} times",
        "",
        *cell_table(figures.encoding, figures.rows),
        "",
        *stage_table(figures.stages),
    ]
    lines += ["", *(figures.left_out or ["nothing was left out"])]
    if figures.profile:
        lines += ["", figures.profile]
    if not figures.rows:
        return lines
    same = "equal on all sides" if figures.equal else "NOT equal on all sides"
    lines.append(f"measurements, ledgers and prompts of {len(figures.rows)} cells: {same}")
    return lines


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
