"""Which number formats this machine's CPU multiplies with instructions of its own."""

import subprocess
import sys
from pathlib import Path

from orchestrator.precision import Precision

_CPU_INFO = Path("/proc/cpuinfo")

# Of x86 and of ARM, as Linux calls them. A CPU without any multiplies in fp32, and converts each
# number before and after.
_INSTRUCTIONS: dict[Precision, frozenset[str]] = {
    "bf16": frozenset(("avx512_bf16", "amx_bf16", "bf16", "svebf16", "smebf16")),
    "fp16": frozenset(("avx512_fp16", "amx_fp16", "asimdhp", "svefp16")),
}
_ON_APPLE: dict[Precision, str] = {
    "bf16": "hw.optional.arm.FEAT_BF16",
    "fp16": "hw.optional.arm.FEAT_FP16",
}


def remark_on(precision: Precision, device: str) -> str:
    """Says that a precision is slow on this machine; empty if it isn't, or if that is unknown.

    Args:
        precision: the oracle's.
        device: `cpu` or `cuda`.
    """
    if device != "cpu" or multiplies(precision):
        return ""
    return (
        f"this CPU has no {precision} instructions, so precision {precision} is several times "
        f"slower here than fp32"
    )


def multiplies(precision: Precision) -> bool:
    """Whether the CPU has instructions for a format; True where that can't be found out."""
    if precision not in _INSTRUCTIONS:
        return True
    if sys.platform == "darwin":
        return _apple_says(_ON_APPLE[precision]) != "0"
    flags = cpu_flags()
    return not flags or bool(flags & _INSTRUCTIONS[precision])


def cpu_flags() -> frozenset[str]:
    """What Linux says that the CPU can do; empty where it says nothing."""
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    stated = (line.partition(":") for line in lines)
    return next(
        (
            frozenset(value.split())
            for name, _, value in stated
            if name.strip() in ("flags", "Features")
        ),
        frozenset(),
    )


def _apple_says(name: str) -> str:
    """What macOS knows under a name; "" if it knows nothing, or this is an Intel Mac's."""
    try:
        asked = subprocess.run(
            ["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, check=False, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout.strip()
