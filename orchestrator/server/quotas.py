"""How many requests a client may send in a minute."""

import time
from collections import deque
from collections.abc import Callable, Iterable

from orchestrator.server.refusals import Refusal

MINUTE = 60.0
FREE_PER_MINUTE = 6000.0
"""Requests that cost nothing (`/v1/space`, `/v1/words`, images) of a client in a minute."""


class Quota:
    """Lets each client send at most N requests in any 60 seconds, however they are spread.

    Of less than one in a minute, it lets one pass in every 60 / N seconds. Requests that it refuses
    don't count; those that are refused later do.

    Args:
        per_minute: N; None for no limit.
        clients: all that may come.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        per_minute: float | None,
        clients: Iterable[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = max(1, int(per_minute or 1))
        self._window = None if per_minute is None else MINUTE * max(1.0, 1 / per_minute)
        self._clock = clock
        self._passed: dict[str, deque[float]] = {client: deque() for client in clients}

    def enter(self, client: str) -> None:
        """Counts a request.

        Raises:
            Refusal: the client has sent too many; says when the next one would pass.
        """
        if self._window is None:
            return
        now, passed = self._clock(), self._passed[client]
        while passed and passed[0] <= now - self._window:
            passed.popleft()
        if len(passed) >= self._most:
            raise too_many(passed[0] + self._window - now)
        passed.append(now)


def too_many(seconds: float) -> Refusal:
    """The refusal of a client that asks too often."""
    return Refusal(
        429,
        "too_many_requests",
        f"this client's quota is used up; the next request passes in {seconds:.1f} s",
        {"retry_after": round(seconds, 3)},
        retry_after=seconds,
    )
