"""How many requests may go to a service, and when: the rules of a run's gate, without Ray."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.console import duration

if TYPE_CHECKING:  # the process of a gate imports no models
    from orchestrator.oracle.backbone import RemoteModel

MINUTE = 60.0

TOLD = 1.0
"""Seconds of waiting that people are told of."""

MARGIN = 1.0
"""Seconds by which requests may be late one after another: a service counts them as they arrive."""


@dataclass(frozen=True)
class Pulse:
    """How it is noticed that a process is dead.

    Attributes:
        beat: seconds between two signs of life of a process with requests.
        silence: seconds without one after which it counts as dead, and its places are free.
    """

    beat: float = 3.0
    silence: float = 15.0


PULSE = Pulse()


@dataclass(frozen=True)
class Allowance:
    """The most that a run may ask of a service.

    Attributes:
        per_minute: requests that may set out within a minute; None for no limit. Of a fraction,
            the whole part; below one, a single request in more than a minute.
        in_flight: requests under way at once; None for no limit.
    """

    per_minute: float | None = None
    in_flight: int | None = None

    @classmethod
    def of(cls, remote: RemoteModel) -> Allowance:
        """What its user and the service both allow."""
        ours, limits = remote.backbone, remote.capabilities.limits
        rates = [ours.requests_per_minute, limits.requests_per_minute]
        at_once = [ours.in_flight, limits.concurrency]
        return cls(
            min((rate for rate in rates if rate is not None), default=None),
            min((count for count in at_once if count is not None), default=None),
        )

    @property
    def burst(self) -> int:
        """Requests that may set out within a window."""
        return max(1, int(self.per_minute or 1))

    @property
    def window(self) -> float:
        """Seconds in which they may."""
        return MINUTE / min(1.0, self.per_minute or 1.0)


@dataclass(frozen=True)
class Standing:
    """Who waits, and for how long.

    Attributes:
        waiting: requests that wait.
        seconds: until the rate, or a pause that the service asked for, lets the next one go; 0
            where neither holds one up. A request that the service has put off waits in its own
            process, so during a pause this may be above 0 although none waits here.
    """

    waiting: int = 0
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """A wait that is worth telling, in words; else empty."""
        told = self.seconds >= TOLD
        return f"waits for the service's quota ({duration(self.seconds)})" if told else ""


@dataclass(frozen=True)
class _Request:
    """A request that waits or is under way.

    Attributes:
        owner: whose it is.
        free: whether it counts among those under way alone.
    """

    owner: str
    free: bool = False


class Quota:
    """Lets requests go in the order in which they come, as many as are allowed.

    Within any window no more set out than are allowed, however they are spread: the first ones at
    once, later ones as earlier ones grow older than the window. Free ones pass those that wait for
    it.

    A request is named by a ticket, and belongs to an owner, such as a process. An owner that gives
    no sign of life any more loses its tickets.

    Args:
        allowance: how many are allowed.
        clock: seconds that only grow.
        silence: seconds without a sign of life after which an owner counts as dead.
    """

    def __init__(
        self,
        allowance: Allowance,
        clock: Callable[[], float] = time.monotonic,
        silence: float = PULSE.silence,
    ) -> None:
        self._allowance, self._clock, self._silence = allowance, clock, silence
        self._sent: deque[float] = deque()  # when requests of the last window were let go
        self._queue: dict[str, _Request] = {}  # that wait, in order
        self._under_way: dict[str, _Request] = {}  # that were let go
        self._seen: dict[str, float] = {}  # when owners gave a sign of life
        self._paused_until = clock()

    def arrive(self, ticket: str, owner: str, *, free: bool = False) -> None:
        """A request wants to go; said again, it keeps its place in the queue."""
        self._seen[owner] = self._clock()
        if ticket not in self._under_way:
            self._queue.setdefault(ticket, _Request(owner, free))

    def leave(self, ticket: str) -> None:
        """A request has ended, or goes no more."""
        self._under_way.pop(ticket, None)
        self._queue.pop(ticket, None)

    def alive(
        self, owner: str, under_way: Collection[str] = (), waiting: Collection[str] = ()
    ) -> None:
        """A sign of life of an owner, with all its tickets.

        Args:
            owner: whose.
            under_way: tickets that were let go, as far as it knows; unknown ones are noted.
            waiting: those that it still waits for. Any that is in neither has ended.
        """
        self._seen[owner], named = self._clock(), {*under_way, *waiting}
        for ticket in under_way:
            known = self._queue.pop(ticket, _Request(owner))
            self._under_way.setdefault(ticket, known)
        for requests in (self._queue, self._under_way):
            _forget(requests, lambda ticket, one: one.owner == owner and ticket not in named)

    def pause(self, seconds: float) -> None:
        """Nobody may go for so long."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def assume_spent(self) -> None:
        """Counts as many as are allowed as sent just now, where it isn't known what was sent."""
        if self._allowance.per_minute is not None:
            self._sent = deque([self._clock()] * self._allowance.burst)

    def advance(self) -> list[str]:
        """Lets go who may; returns their tickets."""
        self._forget_the_dead()
        gone = []
        while self._has_room and not self._pause_left and (ticket := self._next()) is not None:
            request = self._under_way[ticket] = self._queue.pop(ticket)
            if not request.free and self._allowance.per_minute is not None:
                self._sent.append(self._clock())
            gone.append(ticket)
        return gone

    def is_under_way(self, ticket: str) -> bool:
        """Whether a request was let go."""
        return ticket in self._under_way

    def next_look(self) -> float | None:
        """Seconds after which somebody may go who now waits; None where nobody does."""
        if not self._queue:
            return None
        if not self._has_room:
            first = min(self._seen[request.owner] for request in self._under_way.values())
            return max(0.0, first + self._silence - self._clock())
        return self._wait_left

    def standing(self) -> Standing:
        """Who waits now."""
        return Standing(len(self._queue), self._wait_left if self._queue else self._pause_left)

    def _next(self) -> str | None:
        """The first that the rate lets go."""
        if not self._rate_left:
            return next(iter(self._queue), None)
        return next((ticket for ticket, one in self._queue.items() if one.free), None)

    @property
    def _has_room(self) -> bool:
        most = self._allowance.in_flight
        return most is None or len(self._under_way) < most

    @property
    def _wait_left(self) -> float:
        """Seconds until pause and rate let the next one go."""
        all_free = all(request.free for request in self._queue.values())
        return max(self._pause_left, 0.0 if all_free else self._rate_left)

    @property
    def _pause_left(self) -> float:
        return max(0.0, self._paused_until - self._clock())

    @property
    def _rate_left(self) -> float:
        """Seconds until the window has room for another request that isn't free."""
        if self._allowance.per_minute is None:
            return 0.0
        now, window = self._clock(), self._allowance.window + MARGIN
        while self._sent and self._sent[0] + window <= now:
            self._sent.popleft()
        full = len(self._sent) >= self._allowance.burst
        return max(0.0, self._sent[0] + window - now) if full else 0.0

    def _forget_the_dead(self) -> None:
        end = self._clock() - self._silence
        dead = {owner for owner, seen in self._seen.items() if seen <= end}
        if not dead:
            return
        for owner in dead:
            del self._seen[owner]
        for requests in (self._queue, self._under_way):
            _forget(requests, lambda _, one: one.owner in dead)


def _forget(requests: dict[str, _Request], which: Callable[[str, _Request], bool]) -> None:
    for ticket in [ticket for ticket, one in requests.items() if which(ticket, one)]:
        del requests[ticket]
