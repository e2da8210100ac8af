"""The cases of `make bench` on the GPU, in one number format, compiled or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.oracle.compiling import as_written
from orchestrator.precision import Precision
from tests.performance.bench.cases import Case
from tests.performance.bench.rows import measured
from tests.performance.gpu.outcome import Outcome
from tests.performance.gpu.setting import Setting


def oracle_row(
    setting: Setting, case: Case, precision: Precision, *, compiled: bool
) -> Iterator[Outcome]:
    """One case: the naive computation in fp32 against the oracle."""
    case = replace(case, precision=precision, compiled=compiled)
    machine = setting.machine
    peak = machine.peak(precision)
    compiler = setting.compiler() if compiled else as_written
    row = measured(case, setting.extent, machine, peak, compiler=compiler)
    figure = (
        f"{1e3 * row.naive:.3g} -> {1e3 * row.oracle:.3g} ms/query, x{row.ratio:.1f} "
        f"(FLOPs allow x{row.allowed:.1f})"
    )
    values = {
        "naive_seconds": row.naive,
        "oracle_seconds": row.oracle,
        "naive_flops": row.naive_flops,
        "oracle_flops": row.oracle_flops,
        "peak": peak,
    }
    yield Outcome(title(case), figure, values=values)


def title(case: Case) -> str:
    """The row's name."""
    return f"{case.title}, {case.classes} classes"
