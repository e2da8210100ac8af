"""What a trial holds of an oracle that a broker lends it."""

import time
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from orchestrator.cell import Cell
from orchestrator.errors import last_line
from orchestrator.trial.messages import CellOutcome

CRASHES = 3
"""How often an oracle may die under the same step before the trial fails."""

PAUSE = 0.05
"""Seconds between two requests for an oracle."""


class CellFailed(Exception):
    """A cell of a trial failed; says why."""


class BorrowedOracle:
    """An oracle from a broker, borrowed when it is first needed.

    Args:
        broker: the broker's handle.
        name: of the borrower.
        owner: handle of the actor with which the loan ends; None for the driver.
    """

    def __init__(self, broker: Any, name: str, owner: Any = None) -> None:
        self._broker, self._name, self._owner = broker, name, owner
        self._actor: Any = None

    def advance(self, cell: Cell, key: str, split: str) -> CellOutcome:
        """Runs a cell to its next measurement; where the oracle dies, on another one.

        `split` is the digest of its images as they were planned.

        Raises:
            CellFailed: oracles died again and again, or could not even store a failure.
            PoolError: no oracle can be started.
        """
        error = ""
        for _ in range(CRASHES):
            actor = self._held()
            try:
                outcome: CellOutcome = ray.get(actor.advance_cell.remote(cell, key, split))
            except RayTaskError as problem:  # the oracle could not even store the failure
                raise CellFailed(last_line(problem)) from None
            except RayError as problem:
                error = type(problem).__name__
                self._actor = None
                ray.get(self._broker.discard.remote(self._name))
            else:
                return outcome
        raise CellFailed(f"its oracle died {CRASHES} times ({error})")

    def end(self) -> None:
        """Gives the oracle back."""
        if self._actor is not None:
            self._actor = None
            ray.get(self._broker.release.remote(self._name))

    def _held(self) -> Any:
        while self._actor is None:
            self._actor = ray.get(self._broker.acquire.remote(self._name, self._owner))
            if self._actor is None:
                time.sleep(PAUSE)
        return self._actor
