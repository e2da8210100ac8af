"""Runs cells on all sides in turns, and measures the stages by themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import torch

from benchmarks.datasets.own.source import OwnDataset
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.plan.plan import PlannedCell
from orchestrator.trial.factory import TrialFactory
from orchestrator.trial.messages import WorkerSetup
from tests.performance.cells.all_stages import all_stages
from tests.performance.cells.expected import expected_seconds
from tests.performance.cells.figures import Figures
from tests.performance.cells.model import vit_b_16, vit_mae
from tests.performance.cells.old_path import OldFactory
from tests.performance.cells.options import Options
from tests.performance.cells.photos import Photos
from tests.performance.cells.plan import DATASET, FIRST, NOTES, planned
from tests.performance.cells.profile import top_costs
from tests.performance.cells.side import Side
from tests.performance.cells.stages import Stage
from tests.performance.cells.table import SIDES, Row
from tests.performance.fitting import Allowance, Fitting, Piece, Size, said

Say = Callable[[str], None]
_STAGED = 64
"""Training images that a path is measured on by itself, or one of each class."""


@dataclass(frozen=True)
class Bench:
    """One call of the bench.

    Attributes:
        options: what is run.
        folder: for photographs, stores and packs.
        progress: told what happens.
    """

    options: Options
    folder: Path
    progress: Say

    def figures(self) -> Figures:
        """Everything that is measured.

        Raises:
            UserError: the options don't fit each other.
            RuntimeError: a cell has failed.
        """
        options = self.options
        allowance = Allowance(math.inf if options.only else 60 * options.minutes)
        self.progress("making photographs")
        photos = Photos(options.classes, options.shots, options.test_images)
        kilobytes = photos.write(self.folder / DATASET) / 1000
        backbone = vit_b_16(options.layers, options.image_size)
        cells = planned(options, backbone, self.folder)
        few = max(1, min(options.shots, _STAGED // options.classes))
        one = replace(options, only=("zip",), shots=few)
        (other,) = planned(one, backbone, self.folder, seed=2)
        self.progress(f"loading {options.layers} layers for each of {len(SIDES)} sides")
        sides = tuple(self._side(backbone, name) for name in SIDES)
        self.progress("encoding the test split on each side")
        encoding = tuple(side.encode(other) for side in self._opened(sides, "features"))
        for side in sides:
            side.run(other)  # the first one of a process has more to do
        self.progress("measuring stages by themselves")
        stages = all_stages(sides[0], sides[1], other, self.folder / "packs")
        work = Fitting(self._pieces(cells, stages), allowance)
        rows = tuple(self._row(sides, size.work) for size in work)
        left_out = [said(work.left_out, options.minutes), *_skipped(cells)]
        profile = self._profile(backbone, cells)
        return Figures(kilobytes, encoding, rows, stages, tuple(filter(None, left_out)), profile)

    def _pieces(
        self, cells: Iterable[PlannedCell], stages: Sequence[Stage]
    ) -> list[Piece[PlannedCell]]:
        """The cells that can run, with what they should take: the ZIP paper's, then cheap ones."""
        expected = {
            cell.label: len(SIDES) * expected_seconds(cell, self.options, stages)
            for cell in cells
            if cell.status != "skipped"
        }
        named = {cell.label: cell for cell in cells}
        order = sorted(expected, key=lambda name: (name not in FIRST, expected[name]))
        return [Piece(name, (Size(named[name], expected[name]),)) for name in order]

    def _row(self, sides: tuple[Side, ...], cell: PlannedCell) -> Row:
        for side in sides:
            side.touch(cell)
        ran = tuple(side.run(cell) for side in self._opened(sides, cell.label))
        seconds = (f"{name} {one.spent.wall:.1f} s" for name, one in zip(SIDES, ran, strict=True))
        self.progress(f"{cell.label}: {', '.join(seconds)}")
        return Row(cell.label, ran, NOTES.get(cell.label, ""))

    def _opened(self, sides: Iterable[Side], title: str) -> Iterator[Side]:
        """The sides, each with its packs: those of the warm one are what the cold one has kept."""
        for side in sides:
            if side.name != "old":
                side.keep_in(self.folder / "packs" / title)
            yield side

    def _profile(self, backbone: Backbone, cells: Iterable[PlannedCell]) -> str:
        """What costs most in the warm cell that was asked for; empty without one."""
        chosen = [cell for cell in cells if cell.label == self.options.profile]
        if not chosen:
            return ""
        side = self._side(backbone, "profile")
        side.keep_in(self.folder / "packs" / chosen[0].label)
        side.encode(chosen[0])
        side.touch(chosen[0])
        return top_costs(partial(side.run, chosen[0]))

    def _side(self, backbone: Backbone, name: str) -> Side:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        photos = OwnDataset(name=DATASET, path=str(self.folder / DATASET))
        setup = WorkerSetup(
            resolve_backbone(backbone),
            self.options.precision,
            store=str(self.folder / f"store-{name}"),
            data_root=str(self.folder),
            short_classes="refuse",
            own_datasets=(photos,),
            threads=self.options.threads,
            decoders=self.options.decoders,
            checkpoint_interval=3600,
        )
        kind = OldFactory if name == "old" else TrialFactory
        return Side(name, setup, kind, cache(partial(vit_mae, self.options.layers, device)))


def _skipped(cells: Iterable[PlannedCell]) -> Iterator[str]:
    """Which methods can't run, and why."""
    for cell in cells:
        if cell.status == "skipped":
            yield f"left out: {cell.label}, because {cell.reason}"
