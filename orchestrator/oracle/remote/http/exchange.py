"""One HTTP request and its response: bounded in bytes and seconds, and never compressed."""

import json
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.oracle.remote.foreign_text import shown
from orchestrator.oracle.remote.http.address import place_of
from orchestrator.oracle.remote.http.retries import Clock
from orchestrator.oracle.remote.service import ServiceError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
"""Seconds to wait for a connection."""


class Unanswered(Exception):
    """A request got no answer, or was put off; it may be sent again.

    Attributes:
        reason: why, in a few words.
        wait: seconds that the service asks to wait; None if it says nothing.
        quota: whether it answers, but not so many requests.
    """

    def __init__(self, reason: str, wait: float | None = None, *, quota: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.wait, self.quota = reason, wait, quota


class BadReply(ServiceError):
    """A service's reply makes no sense."""


@dataclass(frozen=True)
class Response:
    """What a service answered, read to its end.

    Attributes:
        place: host and port of the service.
        status: of HTTP.
        headers: by their names in lower case.
        content: the body.
    """

    place: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def good(self) -> bool:
        """Whether the service did what it was asked."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            BadReply: it is none.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            start = shown(self.content[:400].decode(errors="replace"), 80)
            raise BadReply(
                f"the service at {self.place} sent no JSON where it was expected, but {start!r}"
            ) from None


def exchange(client: "httpx.Client", request: "httpx.Request", most: int, clock: Clock) -> Response:
    """Sends a request once and reads its response.

    Args:
        client: sends it.
        request: what to send.
        most: bytes of the longest body that is read.
        clock: says when the response has taken too long in all.

    Raises:
        Unanswered: there was no complete response.
        BadReply: the body is too long, or compressed although that wasn't asked for.
        ServiceError: the service can't prove who it is.
    """
    import httpx

    place, longest = place_of(str(request.url)), float(client.timeout.read or 0)
    try:
        response = client.send(request, stream=True)
        ends = clock.seconds() + longest  # from here, for a long question takes its time to send
        try:
            _check_length(response, place, most)
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if len(body) > most:
                    raise _too_long(place, most)
                if clock.seconds() > ends:
                    raise Unanswered(f"no complete answer within {longest:g} s")
        finally:
            response.close()
    except httpx.HTTPError as error:
        raise _explained(error, place, longest) from None
    return Response(place, response.status_code, dict(response.headers), bytes(body))


def keep_logs_clean() -> None:
    """Keeps addresses and headers of requests out of logs, whatever level others have set."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _check_length(response: "httpx.Response", place: str, most: int) -> None:
    """Refuses a body by what its headers say, before it is read."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise BadReply(
            f"the service at {place} sent a body compressed as {shown(encoding, 40)!r}, although "
            f"it was asked for a plain one"
        )
    length = response.headers.get("content-length", "")
    if length.isascii() and length.isdecimal() and int(length[:18]) > most:
        raise _too_long(place, most)


def _too_long(place: str, most: int) -> BadReply:
    return BadReply(f"the service at {place} sent more than the {most:,} bytes that were expected")


def _explained(error: "httpx.HTTPError", place: str, longest: float) -> Exception:
    """What an error of httpx means, without what it holds of the request."""
    import httpx

    unproven = _cause(error, ssl.SSLCertVerificationError)
    if unproven is not None:
        why = shown(getattr(unproven, "verify_message", "")) or "bad certificate"
        return ServiceError(
            f"the service at {place} can't prove who it is: {why}. Check the address; for a "
            f"certificate authority of your own, name its file in the environment variable "
            f"SSL_CERT_FILE."
        )
    encrypted = _cause(error, ssl.SSLError)
    if "WRONG_VERSION_NUMBER" in (getattr(encrypted, "reason", None) or ""):
        return ServiceError(
            f"the service at {place} speaks no https: write http:// in its address if it is meant "
            f"to be asked without encryption, or check the port."
        )
    ours = isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol)
    if isinstance(error, httpx.TransportError) and not ours:
        return Unanswered(_reason(error, longest))
    return ServiceError(f"can't ask the service at {place}: {type(error).__name__}")


def _reason(error: "httpx.TransportError", longest: float) -> str:
    """Why there was no response, in a few words."""
    import httpx

    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:g} s"
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {longest:g} s"
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        known = getattr(_cause(error, OSError), "strerror", None) or "no connection"
        through = "a proxy: " if isinstance(error, httpx.ProxyError) else ""
        return f"{through}{shown(known, 80)}".lower()
    if isinstance(error, httpx.RemoteProtocolError) and not _was_cut(error):
        return "what it sends isn't HTTP"
    return "the connection was cut"


def _was_cut(error: "httpx.RemoteProtocolError") -> bool:
    """Whether a response was at fault for its end alone."""
    return any(sign in str(error) for sign in ("disconnected", "without sending complete"))


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    """The first error of a kind among those that led to an error."""
    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, kind):
            return error
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None
