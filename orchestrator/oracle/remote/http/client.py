"""Sends requests to a service over HTTP, and again where they got no answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from orchestrator.console import duration
from orchestrator.oracle.remote.foreign_text import shown
from orchestrator.oracle.remote.http.address import origin_of, place_of
from orchestrator.oracle.remote.http.authorization import Token
from orchestrator.oracle.remote.http.exchange import (
    CONNECT_SECONDS,
    Response,
    Unanswered,
    exchange,
    keep_logs_clean,
)
from orchestrator.oracle.remote.http.outage import Outage
from orchestrator.oracle.remote.http.retries import Clock, backoff, retry_after
from orchestrator.oracle.remote.service import Caller, ServiceError, Stopped

if TYPE_CHECKING:
    import httpx

LONGEST_BODY = 16 * 2**20
"""Bytes of a response's body that are read unless more are expected."""

_QUOTA = 429
_LATER = frozenset({408, _QUOTA, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""
_LEAST_TRIES = 2
"""A request is sent so often, however little patience there is."""
_IDLE = 30.0
"""Seconds for which an idle connection is kept open."""
_PIECE = 2**18
"""Bytes of a body that are sent at once."""
_LOOK = 0.25
"""Seconds between two looks at whether the caller was asked to stop."""
_HERE = ("localhost", "127.0.0.1", "[::1]")
"""Hosts that no proxy can reach."""


@dataclass(frozen=True)
class Connection:
    """How a service is reached.

    Attributes:
        address: as `address.check_address` returns it; paths are put behind it.
        token: where its token is; None sends none.
        timeout: seconds to wait for a response.
        in_flight: connections that are kept open, for as many requests at once.
    """

    address: str
    token: Token | None = None
    timeout: float = 120.0
    in_flight: int = 8

    @property
    def place(self) -> str:
        """Host and port, for people."""
        return place_of(self.address)


@dataclass(frozen=True)
class Request:
    """What is sent, again and again until it is answered.

    Attributes:
        method: of HTTP.
        place: a path behind the service's address, or a whole address; the token goes to the
            service's own host alone.
        content: the body, or
        json: what the body says as JSON.
        headers: further ones.
        most: bytes of the longest body of a response that is read.
        free: whether it costs nothing, so that the requests of a minute don't count it.
    """

    method: str
    place: str
    content: bytes | None = None
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    most: int = LONGEST_BODY
    free: bool = False


@dataclass
class _Attempts:
    """What one request has been through.

    Attributes:
        outage: of the service.
        failures: in a row.
        spent: seconds of attempts and waits since any request was answered; those at the gate don't
            count, for the service isn't asked then.
    """

    outage: Outage
    failures: int = 0
    spent: float = 0.0
    _answers: int = field(init=False)

    def __post_init__(self) -> None:
        self._answers = self.outage.answers

    def took(self, seconds: float) -> None:
        """Some seconds have passed without an answer, unless others got one meanwhile."""
        if self._answers != self.outage.answers:
            self._answers, self.spent = self.outage.answers, 0.0
        self.spent += seconds


class HttpClient:
    """Sends requests to one service. Safe for use by several threads.

    Requests that got no answer, and those that the service puts off (408, 429, 500, 502, 503, 504),
    are sent again as they were, with growing waits or those that the service asks for, until the
    caller's patience ends.

    Args:
        connection: how the service is reached.
        caller: who asks.
        transport: carries requests instead of the network.
        clock: lets time pass.
    """

    def __init__(
        self,
        connection: Connection,
        caller: Caller,
        transport: "httpx.BaseTransport | None" = None,
        clock: Clock | None = None,
    ) -> None:
        import httpx

        keep_logs_clean()
        self.connection = connection
        self._caller, self._clock = caller, clock or Clock()
        self._outage = Outage(connection.place, caller, self._clock)
        self._client = httpx.Client(
            timeout=httpx.Timeout(connection.timeout, connect=CONNECT_SECONDS),
            limits=httpx.Limits(
                max_connections=None,
                max_keepalive_connections=connection.in_flight,
                keepalive_expiry=_IDLE,
            ),
            headers={"user-agent": f"querycurve/{_version()}", "accept-encoding": "identity"},
            mounts={f"all://{host}": None for host in _HERE},
            transport=transport,
        )

    def send(self, request: Request) -> Response:
        """The response to a request, whether the service did what was asked or refused.

        Raises:
            Stopped: the caller was asked to stop.
            BadReply: the body is too long or compressed.
            ServiceError: it doesn't answer for as long as the caller is patient, wants another
                token, or sends requests elsewhere.
        """
        attempts = _Attempts(self._outage)
        while True:
            self._check_stopped()
            self._caller.gate.enter(free=request.free, stopped=self._caller.stopped)
            began = self._clock.seconds()
            try:
                response = self._once(request)
            except Unanswered as failure:
                error = failure
            else:
                self._outage.over()
                return self._allowed(response)
            finally:
                self._caller.gate.leave()
            attempts.took(self._clock.seconds() - began)
            self._wait(error, attempts)

    def said(self, text: object) -> str:
        """What the service says, fit to be shown, without its token."""
        token = self.connection.token
        return shown(token.hidden(str(text)) if token else text)

    def why(self, response: Response) -> str:
        """The status of a response, with what the service says of it, fit to be shown."""
        message = _message(response)
        return f"status {response.status}" + (f": {self.said(message)}" if message else "")

    def close(self) -> None:
        """Closes all connections."""
        self._client.close()

    def _once(self, request: Request) -> Response:
        """Sends a request once."""
        built = self._built(request)
        response = exchange(self._client, built, request.most, self._clock)
        if response.status in _LATER:
            wait = retry_after(response.headers.get("retry-after"), self._clock.today())
            raise Unanswered(self.why(response), wait, quota=response.status == _QUOTA)
        return response

    def _built(self, request: Request) -> "httpx.Request":
        """The request with the token, which is read anew each time."""
        import httpx

        whole = request.place.startswith(("http://", "https://"))
        address = request.place if whole else f"{self.connection.address}{request.place}"
        headers, body = dict(request.headers), _body(request)
        if request.content is not None:
            headers["content-length"] = str(len(request.content))
        try:
            built = self._client.build_request(request.method, address, headers=headers, **body)
        except (httpx.InvalidURL, UnicodeEncodeError, ValueError) as error:
            raise ServiceError(
                f"this request can't be sent to {self.connection.place}: {self.said(error)}"
            ) from None
        token, ours = self.connection.token, origin_of(self.connection.address)
        if token is not None and origin_of(address) == ours and (line := token.line()) is not None:
            built.headers[token.header] = line
        return built

    def _wait(self, failure: Unanswered, attempts: _Attempts) -> None:
        """Waits before the next attempt, or gives up."""
        attempts.failures += 1
        left = self._caller.patience - attempts.spent
        if left <= 0 and attempts.failures >= _LEAST_TRIES:
            raise self._given_up(failure, attempts)
        wait = backoff(attempts.failures, self._clock.chance())
        if failure.wait is not None:
            wait = max(wait, failure.wait)
        wait = min(wait, max(left, 0.0))
        self._outage.failed(failure, wait)
        if failure.quota or failure.wait is not None:
            self._caller.gate.pause(wait)
        self._sleep(wait)
        attempts.took(wait)

    def _sleep(self, seconds: float) -> None:
        """Waits, but not once the caller was asked to stop."""
        while seconds > 0:
            self._check_stopped()
            self._clock.sleep(min(seconds, _LOOK))
            seconds -= _LOOK

    def _check_stopped(self) -> None:
        if self._caller.stopped():
            raise Stopped(f"stopped while waiting for the service at {self.connection.place}")

    def _given_up(self, failure: Unanswered, attempts: _Attempts) -> ServiceError:
        where, waited = self.connection.place, duration(attempts.spent)
        tried = f"{waited}, {attempts.failures} attempts"
        if failure.quota:
            return ServiceError(
                f"the service at {where} has put requests off for {tried} ({failure.reason}). Send "
                f"fewer with `requests_per_minute` or `in_flight`, or run again when its quota "
                f"allows: what is finished is kept."
            )
        return ServiceError(
            f"the service at {where} hasn't answered for {tried} ({failure.reason}). Check that it "
            f"runs, its address and the network, then run again: what is finished is kept."
        )

    def _allowed(self, response: Response) -> Response:
        """A response that isn't about the token or another place."""
        where, token = self.connection.place, self.connection.token
        if response.status in (401, 403):
            raise self._unauthorized(response)
        if 300 <= response.status < 400:
            target = shown(response.headers.get("location", "nowhere").partition("?")[0], 200)
            if token is not None:
                target = token.hidden(target)
            raise ServiceError(
                f"the service at {where} sends requests elsewhere, to {target}. If you trust it, "
                f"give that address."
            )
        return response

    def _unauthorized(self, response: Response) -> ServiceError:
        where, token = self.connection.place, self.connection.token
        if token is None:
            return ServiceError(f"the service at {where} refuses us ({self.why(response)}).")
        what = f"refuses {token.named}" if token.given else "wants a token"
        return ServiceError(f"the service at {where} {what} ({self.why(response)}). {token.advice}")


def _body(request: Request) -> dict[str, Any]:
    """What httpx is given to send."""
    if request.content is None or len(request.content) <= _PIECE:
        return {"content": request.content, "json": request.json}
    return {"content": _pieces(request.content)}


def _pieces(content: bytes) -> Iterator[bytes]:
    """A body in pieces: of a long one, the network copies all that is left each time it sends."""
    view = memoryview(content)
    for start in range(0, len(content), _PIECE):
        yield bytes(view[start : start + _PIECE])


def _message(response: Response) -> str:
    """What a service says in an error, in the form of our protocol and of many others."""
    try:
        said = response.json()
    except ServiceError:
        return ""
    error = said.get("error", said) if isinstance(said, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""


def _version() -> str:
    try:
        return version("querycurve")
    except PackageNotFoundError:
        return "0"
