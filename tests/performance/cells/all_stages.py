"""Measures what single images and texts cost, on both paths of pixels in turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from orchestrator.oracle.backbone import preprocessing_of
from orchestrator.plan.plan import PlannedCell
from tests.performance.cells.old_path import encoding_oracle
from tests.performance.cells.paths import PathCost, PathCosts, path_costs, sending_bytes
from tests.performance.cells.side import Side
from tests.performance.cells.stages import Photographs, Stage, pixel_stages, tower_stages

_ROUNDS = 2
_STAGED = 16
"""Images that stages are measured on."""


def all_stages(old: Side, new: Side, trained: PlannedCell, packs: Path) -> tuple[Stage, ...]:
    """What images cost on the old and on the new path, then what is done to them.

    Args:
        old: the old path.
        new: the new one.
        trained: a cell that trains.
        packs: folder for packs, which are empty at the start of each turn.
    """
    names = ("old", "new", "bytes")
    turns: dict[str, list[PathCosts]] = {name: [] for name in names}
    for turn in range(_ROUNDS):
        new.keep_in(packs / f"stages-{turn}")
        turns["old"].append(path_costs(old, trained))
        turns["new"].append(path_costs(new, trained))
        with sending_bytes(new):
            turns["bytes"].append(path_costs(new, trained))
    paths = (*_compared("training", **turns), *_compared("test", **turns))
    return (*paths, *_inner(old, trained, packs / "read"))


def _compared(kind: str, **turns: Sequence[PathCosts]) -> Iterator[Stage]:
    """Stages of a kind of images, from turns of each path."""
    costs: dict[str, list[PathCost]] = {
        name: [getattr(one, kind) for one in turn] for name, turn in turns.items()
    }
    title = f"a {kind} image"
    yield Stage(f"{title}, old path", median(one.again for one in costs["old"]))
    yield Stage(f"{title}, new path, first time", median(one.first for one in costs["new"]))
    yield Stage(f"{title}, new path, from packs", median(one.again for one in costs["new"]))
    yield Stage(f"{title}, the same as bytes", median(one.again for one in costs["bytes"]))


def _inner(side: Side, trained: PlannedCell, packs: Path) -> tuple[Stage, ...]:
    cell, factory = trained.cell, side.factory
    task = factory.task(cell)
    how = preprocessing_of(trained.backbone, cell.augmentation)
    photographs = Photographs(task.dataset, task.train[:_STAGED], how, packs)
    oracle = encoding_oracle(factory.box, task)
    factory.use_threads()
    return (*pixel_stages(photographs), *tower_stages(oracle, cell.batch_size, how.size))
