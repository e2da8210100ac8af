"""Lends oracles to the trials of a search."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

from orchestrator.pool.secrets import NONE, Secrets
from orchestrator.pool.slots import ActorSlots, PoolLimits, Slot


@dataclass
class _Loan:
    slot: Slot
    owner: Any
    alive: Any  # resolves when the owner is between two calls, and fails when it is dead


class OracleBroker:
    """Lends oracle actors, one to each borrower. Runs as a Ray actor of its own, without a CPU.

    A loan ends with its borrower: when the borrower's process dies, its oracle is replaced, as
    nobody knows what it was doing.

    Args:
        factory: makes oracle actors.
        limits: their resources.
        secrets: what the factory looks for in the environment.
    """

    def __init__(
        self, factory: Callable[[], Any], limits: PoolLimits, secrets: Secrets = NONE
    ) -> None:
        secrets.put()
        self._news: list[str] = []
        self._slots = ActorSlots(factory, limits, self._news.append)
        self._loans: dict[str, _Loan] = {}

    def acquire(self, name: str, owner: Any) -> Any | None:
        """An oracle; None when none is idle.

        Args:
            name: the borrower's, unique.
            owner: handle of the actor that asks; None for the driver, with which the broker ends.

        Raises:
            PoolError: no oracle can be started.
        """
        self._end_loans_of_the_dead()
        slot = self._slots.acquire()
        if slot is None:
            return None
        self._loans[name] = _Loan(slot, owner, _sign_of_life(owner))
        return slot.actor

    def release(self, name: str) -> None:
        """Takes an oracle back."""
        loan = self._loans.pop(name, None)
        if loan is not None:
            self._slots.release(loan.slot)

    def discard(self, name: str) -> None:
        """Takes an oracle back that is dead or can't be reached; it is replaced."""
        loan = self._loans.pop(name, None)
        if loan is not None:
            self._slots.discard(loan.slot)

    def capacity(self) -> int:
        """How many oracles fit now."""
        return self._slots.room()

    def news(self) -> list[str]:
        """What happened to oracles since the last time."""
        told = list(self._news)
        self._news.clear()
        return told

    def _end_loans_of_the_dead(self) -> None:
        for name, loan in list(self._loans.items()):
            if loan.alive is None or not ray.wait([loan.alive], timeout=0)[0]:
                continue
            try:
                ray.get(loan.alive)
            except RayError:
                self._news.append(f"{name} died; its oracle is replaced")
                self.discard(name)
            else:
                loan.alive = _sign_of_life(loan.owner)


def _sign_of_life(owner: Any) -> Any:
    return None if owner is None else owner.__ray_call__.remote(_nothing)


def _nothing(_: Any) -> None:
    return None
