"""The gate to a service that all actors of a run share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import ray
from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayError

from orchestrator.errors import last_line
from orchestrator.oracle.remote.service import Gate, Open, ServiceError, Stopped
from orchestrator.pool.gatekeeper import Gatekeeper
from orchestrator.pool.quota import PULSE, Allowance, Pulse, Standing

if TYPE_CHECKING:
    from orchestrator.oracle.backbone import ResolvedBackbone

GONE = 60.0
"""Seconds without any answer of the gatekeeper after which a request fails."""

AGAIN = 0.2
"""Seconds after which a gatekeeper that couldn't be reached is asked again."""

MOST_WAITING = 100_000
"""Requests that can wait at once."""


class RunGate:
    """What a process holds of the gate of its run: a `Gate` that can be sent to other processes.

    Places that it holds are given back when its process dies.

    Args:
        keeper: handle of the gatekeeper.
        pulse: how often to give signs of life.
    """

    def __init__(self, keeper: Any, pulse: Pulse = PULSE) -> None:
        self._keeper, self._pulse = keeper, pulse
        self._owner = uuid4().hex
        self._tickets: dict[str, bool] = {}  # of all requests; whether they are under way
        self._lock = threading.Lock()
        self._beating = False
        self._asked: Any = None
        self._last = Standing()

    def __reduce__(self) -> tuple[type[RunGate], tuple[Any, Pulse]]:
        return RunGate, (self._keeper, self._pulse)  # another process is another owner

    def enter(self, *, free: bool = False, stopped: Callable[[], bool] = lambda: False) -> None:
        """Waits until a request may be sent; see `Gate`.

        Raises:
            Stopped: the caller was asked to stop meanwhile.
            ServiceError: the gatekeeper is gone.
        """
        ticket = self._new_ticket()
        try:
            self._wait(ticket, free, stopped)
        except BaseException:
            with self._lock:
                del self._tickets[ticket]
            self._tell(self._keeper.leave, ticket)
            raise
        with self._lock:
            self._tickets[ticket] = True

    def leave(self) -> None:
        """A request has ended."""
        with self._lock:
            ticket = next(ticket for ticket, under_way in self._tickets.items() if under_way)
            del self._tickets[ticket]
        self._tell(self._keeper.leave, ticket)

    def pause(self, seconds: float) -> None:
        """Nobody of the run may send for so long, from when this returns."""
        with suppress(RayError, GetTimeoutError):  # that it is gone, the next `enter` says
            ray.get(self._keeper.pause.remote(seconds), timeout=GONE)

    def standing(self) -> Standing:
        """Who waits, as of the last answer; asks for a new one without waiting for it."""
        if self._asked is not None and ray.wait([self._asked], timeout=0)[0]:
            with suppress(RayError):  # whoever sends learns of the gatekeeper's end
                self._last = ray.get(self._asked)
            self._asked = None
        if self._asked is None:
            self._asked = self._keeper.standing.remote()
        return self._last

    def _wait(self, ticket: str, free: bool, stopped: Callable[[], bool]) -> None:
        while not self._ask(ticket, free):
            if stopped():
                raise Stopped("stopped while waiting for the service's quota")

    def _ask(self, ticket: str, free: bool) -> bool:
        """Whether a request may go; waits for a while at most."""
        end = time.monotonic() + GONE
        while True:
            try:
                may = self._keeper.enter.remote(ticket, self._owner, free)
                return bool(ray.get(may, timeout=GONE))
            except ActorUnavailableError as error:  # it is started again, or can't be reached
                if time.monotonic() > end:
                    raise _gone(error) from None
                time.sleep(AGAIN)
            except (RayError, GetTimeoutError) as error:
                raise _gone(error) from None

    def _new_ticket(self) -> str:
        ticket = uuid4().hex
        with self._lock:
            self._tickets[ticket] = False
            if not self._beating:
                self._beating = True
                threading.Thread(target=self._beat, name="gate", daemon=True).start()
        return ticket

    def _beat(self) -> None:
        """Gives signs of life as long as there are requests."""
        while True:
            time.sleep(self._pulse.beat)
            with self._lock:
                if not self._tickets:
                    self._beating = False
                    return
                under_way = tuple(ticket for ticket, gone in self._tickets.items() if gone)
                waiting = tuple(ticket for ticket, gone in self._tickets.items() if not gone)
                # Sent under the lock: a `leave` that came between would be taken back by it.
                self._tell(self._keeper.alive, self._owner, under_way, waiting)

    def _tell(self, method: Any, *words: Any) -> None:
        """Tells the gatekeeper without waiting; what is lost, the next sign of life makes good."""
        with suppress(RayError):
            method.remote(*words)


def _gone(error: Exception) -> ServiceError:
    return ServiceError(
        f"what keeps this run within the service's limits is gone ({last_line(error)}), so nothing "
        f"may be sent any more. The same command goes on where this one stopped."
    )


@contextmanager
def gates() -> Iterator[Callable[[ResolvedBackbone], Gate]]:
    """Gives out gates to services, one to each service and allowance; they end with the block.

    Needs a connection to a cluster. The gate to a model that is loaded here is open.
    """
    keepers: dict[tuple[str, Allowance], Any] = {}

    def gate_to(backbone: ResolvedBackbone) -> Gate:
        remote = backbone.remote
        if remote is None:
            return Open()
        place = f"{remote.backbone.service} {remote.backbone.adapter}"
        known = (place, Allowance.of(remote))
        if known not in keepers:
            keepers[known] = new_keeper(known[1])
        return RunGate(keepers[known])

    try:
        yield gate_to
    finally:
        for keeper in keepers.values():
            ray.kill(keeper)


def new_keeper(allowance: Allowance, pulse: Pulse = PULSE) -> Any:
    """A handle to a new gatekeeper, which Ray starts again where its process dies."""
    remote: Any = ray.remote(Gatekeeper)
    options = {"num_cpus": 0, "max_restarts": -1, "max_concurrency": MOST_WAITING}
    return remote.options(**options).remote(allowance, pulse)
