"""HTTP connections that end where the head of a request never comes to its end."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 60.0
"""Seconds that the head of a request may take, from the connection or its first byte on."""


class ImpatientProtocol(H11Protocol):
    """Uvicorn's protocol, which alone waits for ever for the head of a request.

    Who opens many connections and sends nothing, or a byte now and then, would keep all others out.
    """

    head_seconds = HEAD_SECONDS

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has come: its first request is due."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes have come: the end of a head, or not yet."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._rest()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if not self._awaits_head:
            self._rest()
        elif self._late is None:
            self._late = self.loop.call_later(self.head_seconds, self._end)

    def _rest(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        self._late = None
        if self._awaits_head and not self.transport.is_closing():
            self.transport.close()

    @property
    def _awaits_head(self) -> bool:
        """Whether no request is being read or answered."""
        cycle: Any = self.cycle
        return cycle is None or bool(cycle.response_complete)
