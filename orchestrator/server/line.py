"""Where requests wait for their turn: so many at once, so many in line, and no more."""

from asyncio import Semaphore
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from orchestrator.server.refusals import overloaded

MOST_WAITING = 256
"""Requests of all clients that wait for their turn, or are computed."""


class Line:
    """Requests of all clients that wait or are being answered.

    Args:
        concurrency: how many are answered at once; None for all. Others wait.
        waiting: how many may be there at all; who comes then is sent away.
    """

    def __init__(self, concurrency: int | None = None, waiting: int = MOST_WAITING) -> None:
        self._turns: AbstractAsyncContextManager[object] = (
            nullcontext() if concurrency is None else Semaphore(concurrency)
        )
        self._most = waiting + (concurrency or 0)
        self._there = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits until the request may be answered.

        Raises:
            Refusal: too many wait.
        """
        if self._there >= self._most:
            raise overloaded(f"{self._there} requests wait already; ask again in a second")
        self._there += 1
        try:
            async with self._turns:
                yield
        finally:
            self._there -= 1
