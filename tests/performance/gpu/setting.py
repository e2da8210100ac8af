"""How much the GPU table measures: all of it, or next to nothing to try it on a CPU."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from orchestrator.oracle.backbone import RANDOM, Backbone
from orchestrator.oracle.compiling import Compiler, TorchCompiler, compiler_for
from orchestrator.precision import Precision
from tests.performance.bench.cases import Case
from tests.performance.bench.costs import Extent
from tests.performance.bench.machine import Machine


@dataclass(frozen=True)
class Shape:
    """A made-up dataset and what a cell does with it.

    Attributes:
        classes: number of classes.
        shots: training images per class.
        test: test images in all.
        pixels: width and height of a JPEG file.
        batch: images in a query.
        budget: queries of a cell.
    """

    classes: int
    shots: int
    test: int
    pixels: tuple[int, int]
    batch: int
    budget: int


@dataclass(frozen=True)
class Setting:
    """What is measured, and how much of it.

    Attributes:
        device: where models are.
        extent: of the cases of `make bench`.
        cases: these cases, without precision and compiler.
        precisions: number formats of the oracle.
        tower_images: images that the image tower encodes at once.
        tower_turns: how often, for one timing.
        backbone: of whole cells.
        cell: the cell whose seconds count.
        shared: a cell of which several share the GPU.
        sharing: numbers of actors that share it.
        cells_each: cells that each actor runs, after one to warm up.
        cell_words: command line of `python -m tests.performance.cells`.
        actors: whether actors are processes of Ray's; else threads of this process.
    """

    device: torch.device
    extent: Extent
    cases: tuple[Case, ...]
    precisions: tuple[Precision, ...]
    tower_images: int
    tower_turns: int
    backbone: Backbone
    cell: Shape
    shared: Shape
    sharing: tuple[int, ...]
    cells_each: int
    cell_words: tuple[str, ...]
    actors: bool = True

    @property
    def cores(self) -> int:
        """CPU cores of this machine."""
        return os.cpu_count() or 1

    @property
    def low(self) -> Precision:
        """The number format of whole cells and of the tower's goal."""
        return self.precisions[-1]

    @property
    def machine(self) -> Machine:
        """The machine and its clock."""
        return Machine(self.device, torch.get_num_threads())

    def compiler(self) -> Compiler:
        """What `--compile` uses; on a CPU, it captures operations and runs them as they are.

        Raises:
            UserError: this host has no C compiler.
        """
        if self.device.type == "cpu":
            return TorchCompiler("eager", mode=None)
        return compiler_for(self.device, wanted=True)


def whole() -> Setting:
    """Everything, on the GPU."""
    photographs = (500, 375)
    return Setting(
        device=torch.device("cuda"),
        extent=Extent(layers=12, batch=128, rounds=5),
        cases=(
            Case("zip", 10),
            Case("zip", 100),
            Case("bar", 100),
            Case("bptvlm", 10),
            Case("blackvip", 100),
            Case("zip", 1000),
        ),
        precisions=("fp32", "tf32", "bf16"),
        tower_images=512,
        tower_turns=20,
        backbone=Backbone(model="ViT-B-16-quickgelu", pretrained=RANDOM),
        cell=Shape(100, 16, 1000, photographs, 128, 5000),
        shared=Shape(100, 16, 1000, photographs, 128, 1000),
        sharing=(1, 2, 4),
        cells_each=2,
        cell_words=(),
    )


def tiny() -> Setting:
    """The same steps in seconds on a CPU; its figures mean nothing."""
    photographs = (40, 30)
    few = [
        "--classes",
        "2",
        "--shots",
        "1",
        "--test-images",
        "2",
        "--batch",
        "2",
        "--steps",
        "1",
        "--layers",
        "2",
    ]
    return Setting(
        device=torch.device("cpu"),
        extent=Extent(layers=2, batch=2, rounds=1),
        cases=(Case("zip", 3),),
        precisions=("fp32",),
        tower_images=2,
        tower_turns=1,
        backbone=Backbone(model="pocket"),
        cell=Shape(3, 2, 6, photographs, 2, 20),
        shared=Shape(3, 2, 6, photographs, 2, 20),
        sharing=(1, 2),
        cells_each=1,
        cell_words=(*few, "--image-size", "32", "--only", "zip"),
    )


def in_threads(setting: Setting) -> Setting:
    """The same without Ray."""
    return replace(setting, actors=False)


def photos_in(folder: Path, shape: Shape) -> Path:
    """Where a dataset of this shape is made: one for all cells that use it."""
    width, height = shape.pixels
    return folder / f"photos-{shape.classes}-{shape.shots}-{shape.test}-{width}x{height}"
