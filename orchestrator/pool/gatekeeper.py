"""The process that keeps a run within the limits of a service: one Ray actor for all others."""

import asyncio
from contextlib import suppress

import ray

from orchestrator.pool.quota import PULSE, Allowance, Pulse, Quota, Standing

PATIENCE = 2.0
"""Seconds that an answer waits for permission; whoever still wants to go asks again."""


class Gatekeeper:
    """Lets requests of all processes of a run go. Runs as a Ray actor of its own, without a CPU.

    One that Ray has started again doesn't know what was sent, so it takes the quota for spent, and
    lets nobody go before it was told what is under way.

    Args:
        allowance: how many may go.
        pulse: of the processes with requests.
    """

    def __init__(self, allowance: Allowance, pulse: Pulse = PULSE) -> None:
        self._quota = Quota(allowance, silence=pulse.silence)
        self._let_go: dict[str, asyncio.Event] = {}
        self._timer: asyncio.TimerHandle | None = None
        if ray.get_runtime_context().was_current_actor_reconstructed:
            self._quota.assume_spent()
            self._quota.pause(2 * pulse.beat)

    async def enter(self, ticket: str, owner: str, free: bool) -> bool:
        """Whether a request may go, after a short wait at most; see `Quota.arrive`."""
        self._quota.arrive(ticket, owner, free=free)
        self._advance()
        if not self._quota.is_under_way(ticket):
            event = self._let_go.setdefault(ticket, asyncio.Event())
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), PATIENCE)
            self._let_go.pop(ticket, None)
        return self._quota.is_under_way(ticket)

    async def leave(self, ticket: str) -> None:
        """See `Quota.leave`."""
        self._quota.leave(ticket)
        self._advance()

    async def alive(self, owner: str, under_way: tuple[str, ...], waiting: tuple[str, ...]) -> None:
        """See `Quota.alive`."""
        self._quota.alive(owner, under_way, waiting)
        self._advance()

    async def pause(self, seconds: float) -> None:
        """See `Quota.pause`."""
        self._quota.pause(seconds)
        self._advance()

    async def standing(self) -> Standing:
        """Who waits now."""
        return self._quota.standing()

    def _advance(self) -> None:
        """Lets go who may, and looks again when the next one may by the passing of time."""
        for ticket in self._quota.advance():
            if ticket in self._let_go:
                self._let_go[ticket].set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        seconds = self._quota.next_look()
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds + 0.001, self._advance)
