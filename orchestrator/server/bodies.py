"""Reads the bodies of requests without ever holding more than was agreed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from orchestrator.server.refusals import Refusal, bad_message, overloaded, too_large

SILENCE = 60.0
"""Seconds that a body may be late."""
SLOWEST = 20_000.0
"""Bytes in a second that a body must bring on average, beside that: who sends less only holds the
place of others."""


class Bodies:
    """Reads bodies of requests, and bounds what they take together.

    Args:
        together: bytes of all bodies that are held at once.
        silence: seconds that a body may be late.
    """

    def __init__(self, together: int, silence: float = SILENCE) -> None:
        self._together, self._silence = together, silence
        self._held = 0

    @asynccontextmanager
    async def read(self, request: Request, kind: str, most: int) -> AsyncIterator[bytes]:
        """The body of a request; it counts as held for as long as the block lasts.

        Args:
            request: whose body wasn't read yet.
            kind: the content type that is expected.
            most: bytes of a body; a longer one isn't read to its end.

        Raises:
            Refusal: it is too long, of another type, or there is no room for it now.
        """
        length = _stated_length(request, most)
        _check_type(request, kind)
        held = 0
        try:
            pieces = []
            async for piece in self._pieces(request):
                if held + len(piece) > most:
                    raise _too_long(f"more than {most:,} bytes", most)
                if self._held + len(piece) > self._together:
                    raise overloaded("other requests take the memory for bodies; ask again soon")
                held += len(piece)
                self._held += len(piece)
                pieces.append(piece)
            if length is not None and held != length:
                raise bad_message(f"expected a body of {length:,} bytes, got {held:,}")
            body = b"".join(pieces)
            pieces.clear()  # or it would be held twice for as long as the block lasts
            yield body
        finally:
            self._held -= held

    async def _pieces(self, request: Request) -> AsyncIterator[bytes]:
        stream, arrived = request.stream(), 0
        start = time.monotonic()
        while True:
            late = time.monotonic() - start - arrived / SLOWEST
            try:
                piece = await asyncio.wait_for(anext(stream), max(0.0, self._silence - late))
                arrived += len(piece)
                yield piece
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise Refusal(408, "too_slow", "the body didn't arrive in time") from None
            except ClientDisconnect:
                raise bad_message("the connection ended before the body did") from None


def _stated_length(request: Request, most: int) -> int | None:
    """The length that a request states; None if it doesn't."""
    stated = request.headers.get("content-length")
    if stated is None:
        return None
    if not (stated.isascii() and stated.isdecimal() and len(stated) < 20):
        raise bad_message("Content-Length: expected a whole number")
    if int(stated) > most:
        raise _too_long(f"{int(stated):,} bytes", most)
    return int(stated)


def _check_type(request: Request, kind: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != kind:
        raise Refusal(415, "unsupported_type", f"expected a body of type {kind}")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refusal(415, "unsupported_type", "expected a body without Content-Encoding")


def _too_long(got: str, most: int) -> Refusal:
    return too_large(f"expected a body of at most {most:,} bytes, got {got}")
