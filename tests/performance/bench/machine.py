"""How fast this machine is, and how long and how much a piece of work takes on it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from orchestrator.oracle.cpu_formats import cpu_flags, remark_on
from orchestrator.oracle.loading import round_factors
from orchestrator.precision import Precision
from tests.performance.bench.models import DTYPES

_SIDE = {"cpu": 2048, "cuda": 8192}
_MOST = 1.1


@dataclass(frozen=True)
class Machine:
    """What is measured on, and the clock.

    Attributes:
        device: where the models are.
        threads: CPU threads.
    """

    device: torch.device
    threads: int

    @property
    def name(self) -> str:
        """GPU, or CPU with its instructions that matter for matrix products."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name()
        known = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16")
        flags = [flag for flag in known if flag in cpu_flags()]
        return f"{_cpu_model()} ({', '.join(flags)}), {self.threads} thread(s)"

    def slow_at(self, precision: Precision) -> str:
        """Why a number format is no faster than fp32 here; empty if it may be."""
        return remark_on(precision, self.device.type)

    @property
    def clock(self) -> str:
        """Whose seconds are counted."""
        return "CPU" if self._counts_cpu_time else "wall"

    def seconds(self, work: Callable[[], object]) -> float:
        """Seconds of one call: of the CPU where one thread does it all, else of the clock."""
        now = time.process_time if self._counts_cpu_time else time.perf_counter
        self._synchronise()
        start = now()
        work()
        self._synchronise()
        kind = "process_time" if self._counts_cpu_time else "perf_counter"
        return max(now() - start, time.get_clock_info(kind).resolution)

    def peak(self, precision: Precision) -> float:
        """FLOP/s of a large square matrix product, the best of five."""
        side = _SIDE[self.device.type]
        round_factors(precision)
        factor = torch.randn(side, side, device=self.device).to(DTYPES[precision])
        best = min(self.seconds(lambda: factor @ factor) for _ in range(5))
        return 2 * side**3 / best

    @property
    def _counts_cpu_time(self) -> bool:
        return self.device.type == "cpu" and self.threads == 1

    def _synchronise(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def flops(work: Callable[[], object]) -> int:
    """Floating-point operations of matrix products, convolutions and attention in one call."""
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # the counter doesn't know it
    try:
        with FlopCounterMode(display=False) as counter:
            work()
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    return int(counter.get_total_flops())


def share(flops: float, seconds: float, peak: float) -> str:
    """How much of a peak in FLOP/s was reached; empty where the peak is none.

    Work can't be faster than a large product, but for what two timings differ by.
    """
    reached = flops / seconds / peak if peak > 0 else 0.0
    return f"{reached:.0%}" if 0 < reached <= _MOST else ""


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
