"""Times the oracle against the naive computation: `make bench`.

The default uses two of ViT-B/16's twelve layers, which keeps the shapes of all products and ends
within three minutes on two cores; `--layers 12` is the whole model. Naive computation and oracle
take turns. Nothing is asserted, since machines differ.
"""

from __future__ import annotations

import argparse
from statistics import median

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from orchestrator.precision import Precision
from tests.performance.bench import models
from tests.performance.bench.cases import Case, Sides, sides
from tests.performance.bench.machine import Machine, flops, share

CASES = (
    *(Case("zip", classes) for classes in (10, 100, 1000)),
    *(Case("zip", classes, "bf16") for classes in (10, 100)),
    *(Case("zip", classes, "bf16", views=True) for classes in (10, 100)),
    Case("bar", 100),
    Case("blackvip", 100),
    *(Case("bptvlm", classes) for classes in (10, 100)),
)
HEADER = (
    "| oracle | classes | naive s/query | oracle s/query | ratio | by FLOPs | reached "
    "| naive GFLOP | oracle GFLOP | of peak |"
)


def main() -> None:
    """Prints a table, row by row."""
    options = _options()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_num_threads(options.threads)
    machine = Machine(device, options.threads)
    formats: tuple[Precision, ...] = ("fp32", "bf16")
    peaks = {f: machine.peak(models.DTYPES[f]) for f in formats if not machine.slow_at(f)}
    print(f"{machine.name}; torch {torch.__version__}; {machine.clock} seconds")
    print("matrix product: " + ", ".join(f"{n} {p / 1e9:.0f} GFLOP/s" for n, p in peaks.items()))
    for left_out in filter(None, map(machine.slow_at, formats)):
        print(f"left out: {left_out}")
    print(f"ViT-B/16 shapes, {options.layers} of 12 layers, mini-batches of {options.batch}\n")
    print(HEADER)
    print("|" + "---|" * (HEADER.count("|") - 1))
    for case in CASES:
        wanted = case.method in options.methods and case.classes in options.classes
        if wanted and case.precision in peaks:
            print(_row(case, options, machine, peaks[case.precision]), flush=True)


def _row(case: Case, options: argparse.Namespace, machine: Machine, peak: float) -> str:
    batch, layers, device = options.batch, options.layers, machine.device
    both = _warm(case, batch, layers, device)
    naive, oracle = [], []
    with torch.inference_mode():
        for _ in range(options.rounds):
            naive.append(machine.seconds(both.naive))
            oracle.append(machine.seconds(both.oracle) / both.queries)
    naive_flops, oracle_flops = _counted(case, both, batch, layers, device)
    slow, fast = median(naive), median(oracle)
    allowed = naive_flops / oracle_flops
    return (
        f"| {case.title} | {case.classes} | {slow:.3f} | {fast:.3f} | {slow / fast:.1f} "
        f"| {allowed:.1f} | {slow / fast / allowed:.0%} | {naive_flops / 1e9:.1f} "
        f"| {oracle_flops / 1e9:.1f} | {share(oracle_flops, fast, peak)} |"
    )


def _counted(
    case: Case, both: Sides, batch: int, layers: int, device: torch.device
) -> tuple[float, float]:
    """FLOPs of a query of each side; layers between the first and the last all cost the same."""
    if layers <= 2:
        return _count(both)
    two, three = (_count(_warm(case, batch, depth, device)) for depth in (2, 3))
    naive, oracle = (a + (layers - 2) * (b - a) for a, b in zip(two, three, strict=True))
    return naive, oracle


def _warm(case: Case, batch: int, layers: int, device: torch.device) -> Sides:
    """Both sides, the oracle with what it computes once in a trial, which is no part of a query."""
    both = sides(case, batch, layers, device)
    with torch.inference_mode():
        both.oracle()
    return both


def _count(both: Sides) -> tuple[float, float]:
    with FakeTensorMode(allow_non_fake_inputs=True):  # plain operations, counted by their shapes
        naive = flops(both.naive)
    with torch.inference_mode():
        return naive, flops(both.oracle) / both.queries


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=2, help="layers of each tower (default 2)")
    parser.add_argument("--batch", type=int, default=16, help="images in a query (default 16)")
    parser.add_argument("--rounds", type=int, default=1, help="turns of both sides (default 1)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    parser.add_argument("--classes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--methods", nargs="+", default=["zip", "bar", "blackvip", "bptvlm"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
