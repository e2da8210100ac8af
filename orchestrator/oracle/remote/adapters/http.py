"""Sends the requests of adapters, each under an id of its own that a repetition shares."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from orchestrator.oracle.remote.adapters.environment import InHeaders, Secrets
from orchestrator.oracle.remote.foreign_text import shown
from orchestrator.oracle.remote.http.address import origin_of
from orchestrator.oracle.remote.http.client import Connection, HttpClient, Request
from orchestrator.oracle.remote.http.exchange import BadReply, Response
from orchestrator.oracle.remote.service import Caller, ServiceError


@dataclass
class Senders:
    """A client for each host. Safe for use by several threads.

    Attributes:
        caller: who asks.
        secrets: hidden from what the caller is told.
        timeout: seconds to wait for a response.
        in_flight: connections that are kept open.
    """

    caller: Caller
    secrets: Secrets
    timeout: float = 120.0
    in_flight: int = 8
    _clients: dict[str, HttpClient] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def send(
        self, method: str, url: str, *, json: Any, headers: Mapping[str, str], free: bool = False
    ) -> Response:
        """The response to a request.

        Raises:
            ServiceError: the service doesn't answer.
        """
        request = Request(method, url, json=json, headers=headers, free=free)
        try:
            return self._client(url).send(request)
        except ServiceError as error:
            raise type(error)(self.secrets.hidden(str(error))) from None

    def close(self) -> None:
        """Closes all connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()

    def _client(self, url: str) -> HttpClient:
        """The client for the host of an address."""
        origin = _origin(url)
        with self._lock:
            if origin not in self._clients:
                token = InHeaders(self.secrets.token_from, secrets=self.secrets)
                connection = Connection(origin, token, self.timeout, self.in_flight)
                self._clients[origin] = HttpClient(connection, self.caller)
            return self._clients[origin]


@dataclass
class CallHttp:
    """Sends the requests of one call; see `adapter.Http`.

    Attributes:
        senders: sends them.
        call: id of the call.
        requests: that were sent and answered.
    """

    senders: Senders
    call: str
    requests: int = 0

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, free: bool = False) -> Any:
        """See `adapter.Http`."""
        return self.json(self.send("GET", url, None, headers or {}, free=free))

    def post(
        self,
        url: str,
        json: Any,
        *,
        headers: Mapping[str, str] | None = None,
        free: bool = False,
    ) -> Any:
        """See `adapter.Http`."""
        return self.json(self.send("POST", url, json, headers or {}, free=free))

    def send(
        self, method: str, url: str, json: Any, headers: Mapping[str, str], *, free: bool = False
    ) -> Response:
        """The response to a request, be it good or bad.

        Raises:
            ServiceError: there was none.
        """
        if free:
            return self.senders.send(method, url, json=json, headers=headers, free=True)
        name = hashlib.sha256(f"{self.call}/{self.requests}".encode()).hexdigest()
        sent = {**headers, "Idempotency-Key": name}
        response = self.senders.send(method, url, json=json, headers=sent)
        self.requests += 1
        return response

    def json(self, response: Response) -> Any:
        """The JSON of a good response.

        Raises:
            ServiceError: the service refuses, or sends no JSON.
        """
        said = self.senders.secrets.said
        start = response.content[:4000].decode(errors="replace")
        if not response.good:
            raise ServiceError(refusal(response, said(start)))
        try:
            return response.json()
        except BadReply:
            raise BadReply(
                f"the service at {response.place} sent no JSON where it was expected, but "
                f"{said(start, 80)!r}"
            ) from None


def refusal(response: Response, said: str) -> str:
    """A sentence on a response that isn't good."""
    told = f": {said}" if said else ", without a reason"
    return f"the service at {response.place} refuses (status {response.status}){told}"


def _origin(url: str) -> str:
    """Scheme, host and port of an address.

    Raises:
        ServiceError: it is none.
    """
    try:
        scheme, host, port = origin_of(url)
    except ValueError:
        scheme, host, port = "", "", None
    if scheme not in ("http", "https") or not host:
        start = shown(url.partition("?")[0], 80)
        raise ServiceError(f"expected an address with http:// or https://, got {start!r}")
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + (f":{port}" if port else "")
