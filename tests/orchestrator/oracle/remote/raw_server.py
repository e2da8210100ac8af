"""A server of sockets that reads requests and then does what services should not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Deed = Callable[[socket.socket], None]


def sends(*parts: bytes) -> Deed:
    """Sends parts, and then closes the connection."""

    def deed(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return deed


def replies(body: bytes = b"{}", *headers: bytes) -> Deed:
    """A sound response."""
    lines = [b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *headers]
    return sends(b"\r\n".join(lines) + b"\r\n\r\n" + body)


@dataclass
class RawServer:
    """Reads a request from each connection and does the next deed; the last one for ever.

    Attributes:
        deeds: what is done, in order of the requests.
        requests: bytes of all requests that were read.
        connections: how many were made.
        keeps: whether connections stay open for further requests.
    """

    deeds: list[Deed]
    keeps: bool = False
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @contextmanager
    def listening(self, tls: ssl.SSLContext | None = None) -> Iterator[int]:
        """Listens on a free port of this machine, and ends with the block."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            ended = threading.Event()
            thread = threading.Thread(target=self._serve, args=(server, tls, ended), daemon=True)
            thread.start()
            try:
                yield server.getsockname()[1]
            finally:
                ended.set()
                with suppress(OSError):
                    socket.create_connection(server.getsockname(), 5).close()
                thread.join(30)

    def _serve(
        self, server: socket.socket, tls: ssl.SSLContext | None, ended: threading.Event
    ) -> None:
        while True:
            connection, _ = server.accept()
            if ended.is_set():
                connection.close()
                return
            self.connections += 1
            with suppress(OSError), connection:
                connection.settimeout(30)
                inner = tls.wrap_socket(connection, server_side=True) if tls else connection
                self._talk(inner)
                inner.close()

    def _talk(self, connection: socket.socket) -> None:
        while request := _read(connection):
            self.requests.append(request)
            self.deeds[min(len(self.requests), len(self.deeds)) - 1](connection)
            if not self.keeps:
                return


def _read(connection: socket.socket) -> bytes:
    """One request with its body, or a greeting of TLS; empty if the connection ends first."""
    got = b""
    while b"\r\n\r\n" not in got:
        if not (part := connection.recv(65536)):
            return b""
        got += part
        if got[:1] == b"\x16":
            return got
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    ]
    while len(body) < sum(lengths):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
