"""An HTTP service on loopback that a test starts, and that remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        method: of HTTP.
        path: behind the host.
        headers: by their names in lower case.
        body: its JSON; None if it has none.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Told:
    """A response: JSON, or bytes as they are."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class StandIn:
    """A service that answers as a function says.

    Attributes:
        answer: makes the response to a request.
        asked: the requests so far.
        address: where it listens.
    """

    answer: Callable[[Asked], Told]
    asked: list[Asked] = field(default_factory=list)
    address: str = ""
    _lock: Lock = field(default_factory=Lock)

    def take(self, asked: Asked) -> Told:
        """Answers one request; others wait, as there is one model."""
        with self._lock:
            self.asked.append(asked)
            return self.answer(asked)


@contextmanager
def listening(answer: Callable[[Asked], Told]) -> Iterator[StandIn]:
    """A service that listens on a free port of loopback."""
    service = StandIn(answer)

    class Handler(_Handler):
        stand_in = service

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def _respond(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(content) if content else None
        told = self.stand_in.take(Asked(self.command, self.path, headers, body))
        sent = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
        self.send_response(told.status)
        for name, value in {**told.headers, "content-length": str(len(sent))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = _respond  # noqa: N815 (names that http.server looks for)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""
