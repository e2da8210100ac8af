"""How fast this machine is, and how long and how much a piece of work takes on it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

_SIDE = {"cpu": 2048, "cuda": 8192}


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
        lines = Path("/proc/cpuinfo").read_text().splitlines() if _has_cpuinfo() else []
        stated = dict(line.split(":", 1) for line in lines if ":" in line)
        values = {key.strip(): value.strip() for key, value in stated.items()}
        known = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16")
        flags = [flag for flag in known if flag in values.get("flags", "").split()]
        model = values.get("model name", platform.processor() or platform.machine())
        return f"{model} ({', '.join(flags)}), {self.threads} thread(s)"

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
        return now() - start

    def peak(self, dtype: torch.dtype) -> float:
        """FLOP/s of a large square matrix product, the best of five."""
        side = _SIDE[self.device.type]
        factor = torch.randn(side, side, device=self.device).to(dtype)
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


def _has_cpuinfo() -> bool:
    return Path("/proc/cpuinfo").is_file()
