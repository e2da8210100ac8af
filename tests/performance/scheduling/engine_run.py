"""Runs a grid on one engine, in a process of its own, so that each has its own memory and Ray.

`python -m tests.performance.scheduling.engine_run ENGINE CELLS [kill]` prints what it cost as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from orchestrator.plan.apart import apart
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.cluster import connected
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from tests.performance.scheduling.engine import Grid
from tests.performance.scheduling.journal import Journal, Kind
from tests.performance.scheduling.killer import Killer, Schedule
from tests.performance.scheduling.losses import Losses, losses_of
from tests.performance.scheduling.many_cells import plan_of_many_cells
from tests.performance.scheduling.memory import megabytes
from tests.performance.scheduling.null_oracle import NullSetup

STARTING = 3.0
"""Seconds within which a process should start, on a machine with other work."""


@dataclass(frozen=True)
class Conditions:
    """Under which an engine runs.

    Attributes:
        slots: oracles at once.
        setting_up: seconds until an oracle is ready.
        cell: seconds that a cell takes, beside its trace.
        kills: when processes are killed; None for never.
        limit: seconds after which a run that has not ended is given up.
    """

    slots: int = 2
    setting_up: float = 0.0
    cell: float = 0.0
    kills: Schedule | None = None
    limit: float = 100.0


UNDER_KILLS = Conditions(slots=4, setting_up=1.5, cell=0.25, kills=Schedule())
"""Set-up takes longer than the time between two cells that end, as it does in earnest."""


@dataclass(frozen=True)
class Cost:
    """What a run has cost.

    Attributes:
        ended: whether it came to an end.
        milliseconds: a cell, from the beginning of the first to the end of the last.
        busy: milliseconds of the CPU that the driver worked for a cell.
        megabytes: of the driver, at the end.
        losses: what kills have cost; None without kills.
    """

    ended: bool
    milliseconds: float
    busy: float
    megabytes: float
    losses: Losses | None


def run_engine(name: str, cells: Sequence[PlannedCell], given: Conditions, folder: Path) -> Cost:
    """Runs cells in an empty store; needs a connection to a cluster with room for all slots.

    A run that does not end within the limit ends this process, once its cost is printed.
    """
    journal, place = folder / "journal", str(folder / "store")
    journal.mkdir()
    setup = NullSetup(place, journal, given.setting_up, given.cell)
    keys = [cell.key for cell in cells]
    kinds: tuple[Kind, ...] = ("oracle", "trial") if name == "leasing" else ("oracle",)
    schedule = given.kills or Schedule(count=0)
    killer = Killer(Journal(journal), schedule, given.slots, kinds)
    # Tune is left out of the memory of the engine that does without.
    engine = import_module(f"tests.performance.scheduling.{name}_engine")
    worked = time.process_time()

    def cost(*, ended: bool) -> Cost:
        lines = Journal(journal).lines()
        spent = time.process_time() - worked
        losses = None
        if killer.kills:
            finished = Store(open_storage(place)).finished_keys()
            recovery = given.setting_up + STARTING
            losses = losses_of(lines, keys, finished, killer.kills, recovery)
        per_cell = 1e3 / len(keys)
        seconds = lines[-1].time - lines[0].time
        return Cost(ended, per_cell * seconds, per_cell * spent, megabytes(), losses)

    def give_up() -> None:
        print(said(cost(ended=False)), flush=True)
        os._exit(0)

    patience = threading.Timer(given.limit, give_up)
    patience.daemon = True
    patience.start()
    with killer:
        engine.run(Grid(cells, setup, given.slots, folder))
    patience.cancel()
    return cost(ended=True)


def said(cost: Cost) -> str:
    """A cost as a line of JSON."""
    return json.dumps(asdict(cost))


def cost_in(text: str) -> Cost:
    """What was said in the last line."""
    values: dict[str, Any] = json.loads(text.splitlines()[-1])
    losses = values["losses"]
    return Cost(**{**values, "losses": None if losses is None else Losses(**losses)})


def main(name: str, cells: int, *, kill: bool) -> None:
    """Prints the cost."""
    given = UNDER_KILLS if kill else Conditions()
    with connected(cpus=given.slots), tempfile.TemporaryDirectory() as folder:
        plan = apart(plan_of_many_cells, cells, folder)
        print(said(run_engine(name, plan.work, given, Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), kill="kill" in sys.argv[3:])
