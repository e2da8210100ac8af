"""An S3 server on loopback that can be told to fail: moto behind a layer of faults."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.s3_address import S3Address

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "test-only-secret"}

Fault = Callable[[Any, Any, Any], Iterable[bytes]]
"""Handles one request in the server's stead: `(app, environ, start_response)`."""


def status(line: str) -> Fault:
    """Answers with a status instead of serving the request."""

    def fault(_app: Any, _environ: Any, start: Any) -> Iterable[bytes]:
        start(line, [("Content-Type", "text/plain")])
        return [b""]

    return fault


def served_but_answered(line: str) -> Fault:
    """Serves the request, then answers with an error: the client can't know that it worked."""

    def fault(app: Any, environ: Any, start: Any) -> Iterable[bytes]:
        b"".join(app(environ, lambda *_: None))
        return status(line)(app, environ, start)

    return fault


def slow(seconds: float) -> Fault:
    """Serves the request late."""

    def fault(app: Any, environ: Any, start: Any) -> Iterable[bytes]:
        time.sleep(seconds)
        return app(environ, start)  # type: ignore[no-any-return]

    return fault


def reset(_app: Any, environ: Any, _start: Any) -> Iterable[bytes]:
    """Cuts the connection."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        return None


class S3Server:
    """A running server.

    Attributes:
        faults: what happens to the next requests, first to last; then all goes well.
        every: what happens to every so-manieth request once `faults` is used up.
        outage: after so many requests, none is served for so many seconds; None for never.
        requests: how many came in.
    """

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self.outage: tuple[int, float] | None = None
        self.every: tuple[int, Fault] | None = None
        self.requests = 0
        self._outage_ends = 0.0
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=_Quiet
        )
        self.host = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )
        self._thread.start()
        self._client = boto3.client(
            "s3", endpoint_url=f"http://{self.host}", region_name="us-east-1"
        )

    def bucket(self) -> str:
        """Makes an empty bucket; returns its location."""
        name = f"bucket-{uuid4().hex[:12]}"
        self._client.create_bucket(Bucket=name)
        return f"s3://{name}/some/prefix?endpoint_override={self.host}&scheme=http"

    def empty(self, location: str) -> None:
        """Deletes all that a bucket holds."""
        bucket = S3Address.parse(location).bucket
        held = self._client.list_objects_v2(Bucket=bucket).get("Contents", ())
        for entry in held:
            self._client.delete_object(Bucket=bucket, Key=entry["Key"])

    def stop(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, environ: Any, start: Any) -> Iterable[bytes]:
        self.requests += 1
        fault = self._fault()
        if fault is not None:
            return fault(self._app, environ, start)
        return self._app(environ, start)  # type: ignore[no-any-return]

    def _fault(self) -> Fault | None:
        if self.outage is not None and self.requests >= self.outage[0]:
            self._outage_ends = time.monotonic() + self.outage[1]
            self.outage = None
        if time.monotonic() < self._outage_ends:
            return status("503 Service Unavailable")
        if self.faults:
            return self.faults.popleft()
        if self.every is not None and self.requests % self.every[0] == 0:
            return self.every[1]
        return None


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server for as long as the block lasts, with credentials in the environment."""
    before = {name: os.environ.get(name) for name in CREDENTIALS}
    os.environ.update(CREDENTIALS)
    server = S3Server()
    try:
        yield server
    finally:
        server.stop()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
