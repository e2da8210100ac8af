"""Leases oracles: a desk that owns the pool, and what trials hold in their own processes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from orchestrator.cell import Cell
from orchestrator.pool.actors import OracleActorFactory
from orchestrator.pool.pool import ActorPool, PoolLimits, PoolListener
from orchestrator.search.trial_run import CellFailed
from orchestrator.trial.messages import CellOutcome

PATIENCE = 0.05
"""Seconds between two questions for an oracle."""


@dataclass
class _Leased:
    actor: Any
    owner: Any
    alive: Any  # resolves when the owner is between two calls, and fails when it is dead


class OracleBroker:
    """Lends the actors of a pool, one an owner. Runs as a Ray actor of its own, without a CPU.

    A lease ends with its owner: when the owner's process dies, its oracle is replaced, as nobody
    knows what it was doing.

    Args:
        factory: makes oracle actors.
        limits: their resources.
    """

    def __init__(self, factory: OracleActorFactory, limits: PoolLimits) -> None:
        self._news: list[str] = []
        self._pool = ActorPool(factory, limits, PoolListener(on_event=self._news.append))
        self._leases: dict[str, _Leased] = {}

    def acquire(self, name: str, owner: Any) -> Any | None:
        """An oracle; None when none is idle.

        Args:
            name: the owner's, unique.
            owner: handle of the actor that asks; None for the driver, whose end is the desk's.

        Raises:
            PoolError: no oracle can be started.
        """
        self._end_leases_of_the_dead()
        actor = self._pool.acquire()
        if actor is not None:
            self._leases[name] = _Leased(actor, owner, _sign_of_life(owner))
        return actor

    def release(self, name: str) -> None:
        """Takes an oracle back."""
        lease = self._leases.pop(name, None)
        if lease is not None:
            self._pool.release(lease.actor)

    def discard(self, name: str) -> None:
        """Takes an oracle back that is dead or can't be reached; it is replaced."""
        lease = self._leases.pop(name, None)
        if lease is not None:
            self._pool.discard(lease.actor)

    def capacity(self) -> int:
        """How many oracles fit now."""
        return self._pool.capacity

    def news(self) -> list[str]:
        """What happened to oracles since the last time."""
        told = list(self._news)
        self._news.clear()
        return told

    def _end_leases_of_the_dead(self) -> None:
        for name, lease in list(self._leases.items()):
            if lease.alive is None or not ray.wait([lease.alive], timeout=0)[0]:
                continue
            try:
                ray.get(lease.alive)
            except RayError:
                self._news.append(f"{name} died; its oracle is replaced")
                self.discard(name)
            else:
                lease.alive = _sign_of_life(lease.owner)


class BorrowedOracle:
    """A trial's lease of an oracle, taken when it is first needed.

    Args:
        desk: the desk's handle.
        name: of the owner.
        owner: handle of the actor that the lease ends with; None for the driver.
        crashes: how often an oracle may die under the same step before the trial fails.
    """

    def __init__(self, desk: Any, name: str, owner: Any = None, crashes: int = 3) -> None:
        self._desk, self._name, self._owner, self._crashes = desk, name, owner, crashes
        self._actor: Any = None

    def advance(self, cell: Cell, key: str) -> CellOutcome:
        """See `Lease.advance`; a dead oracle is replaced, and the cell goes on."""
        error = ""
        for _ in range(self._crashes):
            actor = self._held()
            try:
                outcome: CellOutcome = ray.get(actor.advance_cell.remote(cell, key))
            except RayTaskError as problem:  # the oracle could not even store the failure
                raise CellFailed(str(problem).strip().splitlines()[-1]) from None
            except RayError as problem:
                error = type(problem).__name__
                self._actor = None
                ray.get(self._desk.discard.remote(self._name))
            else:
                return outcome
        raise CellFailed(f"its oracle died {self._crashes} times ({error})")

    def end(self) -> None:
        """Gives the oracle back."""
        if self._actor is not None:
            self._actor = None
            ray.get(self._desk.release.remote(self._name))

    def _held(self) -> Any:
        while self._actor is None:
            self._actor = ray.get(self._desk.acquire.remote(self._name, self._owner))
            if self._actor is None:
                time.sleep(PATIENCE)
        return self._actor


def _sign_of_life(owner: Any) -> Any:
    return None if owner is None else owner.__ray_call__.remote(_nothing)


def _nothing(_: Any) -> None:
    return None
