"""Kills processes of an engine on a schedule."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from itertools import cycle

from tests.performance.scheduling.journal import Journal, Kind

LOOK = 0.05
"""Seconds between two looks at who lives."""

SETTLING = 10.0
"""Seconds within which all slots should work once one does."""


@dataclass(frozen=True)
class Schedule:
    """When processes are killed.

    Attributes:
        first: seconds from the moment when all slots work to the first kill; where an engine leaves
            slots empty, from 10 s after the first oracle was ready.
        every: seconds between two kills.
        count: how many are killed.
    """

    first: float = 3.0
    every: float = 3.0
    count: int = 3


@dataclass
class Killer:
    """Kills the process of each kind that has lived longest, kinds in turn.

    Attributes:
        journal: names the processes.
        schedule: when.
        slots: oracles that there should be.
        kinds: of the processes.
        kills: when processes were killed, in seconds of the monotonic clock.
    """

    journal: Journal
    schedule: Schedule
    slots: int
    kinds: tuple[Kind, ...] = ("oracle",)
    kills: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        ready, waited = 0, 0.0
        while ready < self.slots and waited < SETTLING:
            if self._over.wait(LOOK):
                return
            ready = len(self.journal.processes("oracle"))
            waited += LOOK if ready else 0.0
        kinds = cycle(self.kinds)
        for count in range(self.schedule.count):
            if self._over.wait(self.schedule.every if count else self.schedule.first):
                return
            self._kill(next(kinds))

    def _kill(self, kind: Kind) -> None:
        while not self._over.is_set():
            found = self.journal.processes(kind)
            if found:
                os.kill(found[0], signal.SIGKILL)
                self.kills.append(time.monotonic())
                return
            self._over.wait(LOOK)
