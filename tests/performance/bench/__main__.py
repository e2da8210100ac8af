"""Times the oracle against the naive computation: `make bench`.

It takes three minutes on any machine (`--minutes`). First it measures how fast the machine
multiplies; then it takes the cases that fit, the most telling first, and says which it left out.
ZIP in fp32 with 10 classes is always there. The default uses two of ViT-B/16's twelve layers, which
keeps the shapes of all products; `--layers 12` is the whole model, of which less fits. Naive
computation and oracle take turns. Nothing is asserted, since machines differ.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from orchestrator.precision import Precision
from tests.performance.bench.cases import Case
from tests.performance.bench.costs import Extent, Speed, expected_seconds
from tests.performance.bench.machine import Machine
from tests.performance.bench.rows import HEADER, RULE, measured
from tests.performance.fitting import Allowance, Fitting, Piece, Size, said

CASES = (
    Case("zip", 10),
    Case("zip", 100),
    Case("bar", 100),
    Case("zip", 10, "bf16"),
    Case("zip", 100, "bf16"),
    Case("bptvlm", 10),
    Case("blackvip", 100),
    Case("zip", 100, "bf16", views=True),
    Case("zip", 10, "bf16", views=True),
    Case("bptvlm", 100),
    Case("zip", 1000),
)
"""In order of worth."""

_FEW_IMAGES = 4


def main() -> None:
    """Prints a table, row by row."""
    options = _options()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_num_threads(options.threads)
    machine = Machine(device, options.threads)
    allowance = Allowance(60 * options.minutes)
    peaks = _peaks(machine, allowance)
    extent = Extent(options.layers, options.batch, options.rounds)
    wanted = [c for c in CASES if c.method in options.methods and c.classes in options.classes]
    fitting = Fitting(
        pieces([c for c in wanted if c.precision in peaks], extent, Speed(device.type, peaks)),
        allowance,
    )
    print(f"ViT-B/16 shapes, {options.layers} of 12 layers, mini-batches of {options.batch}\n")
    print(HEADER, RULE, sep="\n", flush=True)
    for size in fitting:
        case, how = size.work
        row = measured(case, how, machine, peaks[case.precision], lambda: allowance.left > 0)
        print(f"{row}{f' <- {size.note}' if size.note else ''}", flush=True)
    print("\n" + (said(fitting.left_out, options.minutes) or "nothing was left out"))


def pieces(cases: Sequence[Case], extent: Extent, speed: Speed) -> list[Piece[tuple[Case, Extent]]]:
    """What each case should take, the whole and less of it."""
    return [
        Piece(
            f"{case.title}, {case.classes} classes",
            tuple(
                Size((case, how), expected_seconds(case, how, speed), _less(how, extent))
                for how in _sizes(extent)
            ),
        )
        for case in cases
    ]


def _sizes(extent: Extent) -> list[Extent]:
    """The whole, then fewer turns, then fewer layers, then fewer images."""
    once = replace(extent, rounds=1)
    shallow = replace(once, layers=min(2, extent.layers))
    small = replace(shallow, batch=min(_FEW_IMAGES, extent.batch))
    return list(dict.fromkeys((extent, once, shallow, small)))


def _less(how: Extent, extent: Extent) -> str:
    if how == extent:
        return ""
    turns = f"{how.rounds} turn{'s' if how.rounds > 1 else ''}"
    return f"with {how.layers} layers, {how.batch} images and {turns}, to end in time"


def _peaks(machine: Machine, allowance: Allowance) -> Mapping[Precision, float]:
    """FLOP/s by number format; prints them, and how busy the machine is with other work."""
    formats: tuple[Precision, ...] = ("fp32", "bf16")
    wall, cpu = time.perf_counter(), time.process_time()
    peaks = {f: machine.peak(f) for f in formats if not machine.slow_at(f)}
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if machine.clock == "CPU" and cpu > 0:
        allowance.pace = max(1.0, wall / cpu)
    print(f"{machine.name}; torch {torch.__version__}; {machine.clock} seconds")
    print("matrix product: " + ", ".join(f"{n} {p / 1e9:.0f} GFLOP/s" for n, p in peaks.items()))
    if allowance.pace > 1.2:
        print(f"other work slows this machine down {allowance.pace:.1f} times")
    for left_out in filter(None, map(machine.slow_at, formats)):
        print(f"left out: {left_out}")
    return peaks


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--minutes", type=float, default=3, help="take the cases that fit (default 3)"
    )
    parser.add_argument("--layers", type=int, default=2, help="layers of each tower (default 2)")
    parser.add_argument("--batch", type=int, default=16, help="images in a query (default 16)")
    parser.add_argument("--rounds", type=int, default=1, help="turns of both sides (default 1)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    parser.add_argument("--classes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--methods", nargs="+", default=["zip", "bar", "blackvip", "bptvlm"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
