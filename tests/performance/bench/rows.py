"""A row of the benchmark: both sides of a case in turns, and the operations that each needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from orchestrator.oracle.compiling import Compiler, as_written
from tests.performance.bench.cases import Case, Sides, sides
from tests.performance.bench.costs import Extent
from tests.performance.bench.machine import Machine, flops, share

HEADER = (
    "| oracle | classes | naive s/query | oracle s/query | ratio | by FLOPs | reached "
    "| naive GFLOP | oracle GFLOP | of peak |"
)
RULE = "|" + "---|" * (HEADER.count("|") - 1)


@dataclass(frozen=True)
class Row:
    """What was measured of a case.

    Attributes:
        case: the case.
        naive: seconds of a query where nothing is saved, the median of all turns.
        oracle: seconds of a query by the oracle, likewise.
        naive_flops: operations of a query where nothing is saved.
        oracle_flops: operations of a query by the oracle.
        peak: FLOP/s of a large product in the oracle's number format.
    """

    case: Case
    naive: float
    oracle: float
    naive_flops: float
    oracle_flops: float
    peak: float

    @property
    def ratio(self) -> float:
        """How many times faster the oracle is."""
        return self.naive / self.oracle

    @property
    def allowed(self) -> float:
        """The ratio that the numbers of operations allow."""
        return self.naive_flops / self.oracle_flops

    def __str__(self) -> str:
        return (
            f"| {self.case.title} | {self.case.classes} | {_seconds(self.naive)} "
            f"| {_seconds(self.oracle)} | {self.ratio:.1f} "
            f"| {self.allowed:.1f} | {self.ratio / self.allowed:.0%} "
            f"| {self.naive_flops / 1e9:.1f} | {self.oracle_flops / 1e9:.1f} "
            f"| {share(self.oracle_flops, self.oracle, self.peak)} |"
        )


def measured(
    case: Case,
    extent: Extent,
    machine: Machine,
    peak: float,
    more: Callable[[], bool] = lambda: True,
    compiler: Compiler = as_written,
) -> Row:
    """Times both sides of a case in turns.

    Args:
        case: the case.
        extent: how much of it.
        machine: where, and by which clock.
        peak: FLOP/s of a large product in its number format.
        more: asked before every turn but the first; the turns end when it says no.
        compiler: for compiled cases.
    """
    both = _warm(case, extent, machine.device, compiler)
    naive, oracle = [], []
    with torch.inference_mode():
        for turn in range(extent.rounds):
            if turn and not more():
                break
            naive.append(machine.seconds(both.naive))
            oracle.append(machine.seconds(both.oracle) / both.queries)
    operations = _counted(case, extent, machine.device, both)
    return Row(case, median(naive), median(oracle), *operations, peak)


def _counted(case: Case, extent: Extent, device: torch.device, both: Sides) -> tuple[float, float]:
    """FLOPs of a query of each side; layers between the first and the last all cost the same."""
    layers, plain = extent.layers, case.as_written
    if layers <= 2:
        return _count(both if case == plain else _warm(plain, extent, device, as_written))
    depths = (replace(extent, layers=few) for few in (2, 3))
    two, three = (_count(_warm(plain, depth, device, as_written)) for depth in depths)
    naive, oracle = (a + (layers - 2) * (b - a) for a, b in zip(two, three, strict=True))
    return naive, oracle


def _warm(case: Case, extent: Extent, device: torch.device, compiler: Compiler) -> Sides:
    """Both sides, the oracle with what it computes once in a trial, which is no part of a query."""
    both = sides(case, extent.batch, extent.layers, device, compiler)
    with torch.inference_mode():
        for _ in range(_WARMING if case.compiled else 1):
            both.oracle()
    return both


def _count(both: Sides) -> tuple[float, float]:
    with FakeTensorMode(allow_non_fake_inputs=True):  # plain operations, counted by their shapes
        naive = flops(both.naive)
    with torch.inference_mode():
        return naive, flops(both.oracle) / both.queries


_WARMING = 3
"""Steps of what is compiled before it is timed: CUDA graphs are recorded in the second one."""


def _seconds(value: float) -> str:
    """Three digits, also of thousandths."""
    return f"{value:.3f}" if value >= 0.1 else f"{value:.2g}"
