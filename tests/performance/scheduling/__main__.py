"""Prints what planning and scheduling cost: `python -m tests.performance.scheduling [CELLS ...]`.

`--tune CELLS` and `--kills CELLS` say how many cells the pool and Ray Tune run, undisturbed and
while processes are killed; 0 leaves that out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator

from tests.performance.scheduling.engine_run import UNDER_KILLS, Conditions, Cost, cost_in
from tests.performance.scheduling.grid import measure_grids

NAMES = {
    "pool": "the pool",
    "holding": "Tune: reused trials that hold the oracle",
    "leasing": "Tune: light trials that lease it",
}


def main() -> None:
    """Measures the grids, then the engines."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.scheduling")
    parser.add_argument("cells", nargs="*", type=int, default=[1_000, 10_000])
    parser.add_argument("--tune", type=int, default=300, metavar="CELLS")
    parser.add_argument("--kills", type=int, default=320, metavar="CELLS")
    given = parser.parse_args()
    measure_grids(given.cells)
    if given.tune:
        print(f"\n{given.tune:,} of these cells on two slots, with a journal:")
        _print_rows(given.tune, [])
    if given.kills:
        conditions, kills = UNDER_KILLS, UNDER_KILLS.kills
        print(
            f"\n{given.kills:,} cells of {conditions.cell} s on {conditions.slots} slots, whose "
            f"oracles take {conditions.setting_up} s to set up, while {kills and kills.count} "
            f"processes are killed, one every {kills and kills.every:.0f} s:"
        )
        _print_rows(given.kills, ["kill"])


def _print_rows(cells: int, words: list[str]) -> None:
    for name, title in NAMES.items():
        print(f"  {title}: {row_of(_cost_of(name, cells, words))}", flush=True)


def _cost_of(name: str, cells: int, words: list[str]) -> Cost:
    module = "tests.performance.scheduling.engine_run"
    command = [sys.executable, "-m", module, name, str(cells), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return cost_in(done.stdout)


def row_of(cost: Cost) -> str:
    """What is printed of an engine."""
    return "; ".join(_parts(cost))


def _parts(cost: Cost) -> Iterator[str]:
    if not cost.ended:
        yield f"did not end within {Conditions.limit:.0f} s"
    losses = cost.losses
    if losses is None:
        yield f"{cost.milliseconds:.1f} ms a cell, of which the driver worked {cost.busy:.1f} ms"
        yield f"driver's memory (PSS) {cost.megabytes:.0f} MB"
        return
    yield f"{losses.lost} cells without a result"
    yield f"{losses.begun_again} begun again, {losses.run_twice} run twice"
    rates = f"{losses.before:.1f} cells/s on {losses.slots_before} slots before"
    if losses.after is None:
        yield f"{rates}, too little left to tell after"
    else:
        yield f"{rates}, {losses.after:.1f} on {losses.slots_after} after"


if __name__ == "__main__":
    main()
