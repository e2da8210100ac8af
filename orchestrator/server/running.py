"""Runs a served model with uvicorn until it is told to end."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from orchestrator.money import Prices
from orchestrator.oracle.remote.description import Limits
from orchestrator.server.access import Access
from orchestrator.server.app import Doors, ServiceApp
from orchestrator.server.bodies import Bodies
from orchestrator.server.faults import Faults
from orchestrator.server.impatient import ImpatientProtocol
from orchestrator.server.ledger import ServiceLedger
from orchestrator.server.line import Line
from orchestrator.server.model import ServedModel
from orchestrator.server.quotas import FREE_PER_MINUTE, Quota
from orchestrator.server.scoring import Scoring
from orchestrator.server.work import Work

_BODIES_TOGETHER = 4
"""So many of the largest bodies are held at once."""
_CONNECTIONS = 1000
"""Connections at once; more are answered with 503."""
_FINISHING = 120
"""Seconds that requests have to be answered once the service is told to end."""
_KEPT_OPEN = 75
"""Seconds after which a connection without requests is closed."""
_HEADER_BYTES = 2**16


@dataclass(frozen=True)
class Service:
    """A model with everything around it that makes it a service.

    Attributes:
        model: what is offered, with its limits.
        ledger: what was charged.
        access: who may use it.
        faults: failures on purpose.
        prices: of an answer; None says nothing of money.
        free_per_minute: requests of a client in a minute that cost nothing.
        threads: CPU threads that the model computes with.
    """

    model: ServedModel
    ledger: ServiceLedger
    access: Access = field(default_factory=lambda: Access({}))
    faults: Faults = field(default_factory=Faults)
    prices: Prices | None = None
    free_per_minute: float = FREE_PER_MINUTE
    threads: int = 1

    @contextmanager
    def app(self) -> Iterator[ASGIApp]:
        """The ASGI application, for as long as the block lasts; its threads end with it."""
        limits, clients = self._limits, self.access.clients
        with closing(Work(self.threads)) as work:
            scoring = Scoring(
                model=self.model,
                ledger=self.ledger,
                quota=Quota(limits.requests_per_minute, clients),
                line=Line(limits.concurrency),
                faults=self.faults,
                prices=self.prices,
                work=work,
            )
            doors = Doors(
                access=self.access,
                free=Quota(self.free_per_minute, clients),
                line=Line(),
                bodies=Bodies(_BODIES_TOGETHER * limits.request_bytes),
            )
            yield ServiceApp(scoring, doors).app

    @property
    def _limits(self) -> Limits:
        return self.model.capabilities.limits


class Running:
    """Serves until it is told to end; requests that are under way are answered first.

    In the main thread, Ctrl-C and SIGTERM tell it to.

    Args:
        service: what is served.
        ready: called once requests are taken.
    """

    def __init__(self, service: Service, ready: Callable[[], None]) -> None:
        self._service, self._ready = service, ready
        self._ended = False
        self._server: _Server | None = None

    def serve(self, listener: socket.socket) -> None:
        """Takes requests at a bound socket.

        Raises:
            OSError: another process listens there.
        """
        listener.listen()
        with self._service.app() as app:
            self._server = _Server(_config(app), self._ready)
            self._server.should_exit = self._ended
            self._server.run([listener])

    def end(self) -> None:
        """Ends it; safe to call from another thread."""
        self._ended = True
        if self._server is not None:
            self._server.should_exit = True


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # what matters is told by the app itself
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_KEPT_OPEN,
        timeout_graceful_shutdown=_FINISHING,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )


class _Server(uvicorn.Server):
    """A server that says when it is ready, and for which a signal is an end like any other."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def end(number: int, _frame: FrameType | None) -> None:
            self.force_exit = self.should_exit and number == signal.SIGINT
            self.should_exit = True

        before = {one: signal.signal(one, end) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
