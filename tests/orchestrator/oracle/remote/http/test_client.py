from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from orchestrator.oracle.remote.http.authorization import Token
from orchestrator.oracle.remote.http.client import Connection, HttpClient, Request
from orchestrator.oracle.remote.http.exchange import BadReply
from orchestrator.oracle.remote.service import Caller, ServiceError, Stopped
from tests.orchestrator.oracle.remote.fake_time import FakeTime

ADDRESS = "http://models.example.org:8000/clip"
SECRET = "s3cret-token-of-mine"
Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class Door:
    """A gate that remembers who passed."""

    free: list[bool] = field(default_factory=list)
    inside: int = 0
    pauses: list[float] = field(default_factory=list)

    def enter(self, *, free: bool = False, stopped: Callable[[], bool]) -> None:
        self.free.append(free)
        self.inside += 1

    def leave(self) -> None:
        self.inside -= 1

    def pause(self, seconds: float) -> None:
        assert self.inside == 0, "who waits stands in nobody's way"
        self.pauses.append(seconds)


@dataclass
class World:
    """A client whose service is a function, and all that it does to others."""

    patience: float = 60.0
    token: Token | None = None
    stopped: Callable[[], bool] = lambda: False
    time: FakeTime = field(default_factory=FakeTime)
    door: Door = field(default_factory=Door)
    told: list[str] = field(default_factory=list)

    def client(self, handler: Handler, address: str = ADDRESS) -> HttpClient:
        caller = Caller(self.door, self.told.append, self.patience, self.stopped)
        transport = httpx.MockTransport(handler)
        return HttpClient(Connection(address, self.token), caller, transport, self.time.clock())


def replies(*answers: int | httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """A service that gives these answers in turn, the last one for ever; and what it was sent."""
    got: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        got.append(request)
        answer = answers[min(len(got), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer, content=b"{}")
        return answer

    return handler, got


def refused() -> httpx.ConnectError:
    error = httpx.ConnectError("[Errno 111] Connection refused")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    return error


def test_paths_are_put_behind_the_address_and_bodies_sent_as_they_are() -> None:
    handler, got = replies(200)
    response = World().client(handler).send(Request("POST", "/v1/score", content=b"question"))
    assert (response.status, response.content, response.good) == (200, b"{}", True)
    assert str(got[0].url) == f"{ADDRESS}/v1/score"
    assert got[0].content == b"question"
    assert got[0].headers["user-agent"].startswith("querycurve/")
    assert got[0].headers["accept-encoding"] == "identity"


def test_whole_addresses_are_asked_as_they_are_but_get_no_token_of_another_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINE", SECRET)
    handler, got = replies(200)
    client = World(token=Token("MINE")).client(handler)
    client.send(Request("GET", "http://models.example.org:8000/other"))
    client.send(Request("GET", "http://elsewhere.example.org:8000/clip"))
    client.send(Request("GET", "https://models.example.org:8000/clip"))
    assert [request.headers.get("authorization") for request in got] == [
        f"Bearer {SECRET}",
        None,
        None,
    ]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_is_put_off_is_sent_again_as_it_was(status: int) -> None:
    handler, got = replies(status, status, 200)
    world = World()
    assert world.client(handler).send(Request("PUT", "/x", content=b"body")).status == 200
    assert [request.content for request in got] == [b"body"] * 3
    assert world.door.free == [False] * 3
    assert world.door.inside == 0


@pytest.mark.parametrize(
    "error",
    [
        refused(),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        httpx.ReadTimeout("slow"),
        httpx.ConnectTimeout("far"),
        httpx.WriteError("broken pipe"),
    ],
)
def test_what_gets_no_answer_is_sent_again(error: Exception) -> None:
    handler, got = replies(error, 200)
    assert World().client(handler).send(Request("GET", "/x")).status == 200
    assert len(got) == 2


@pytest.mark.parametrize("status", [200, 204, 400, 404, 409, 413, 422])
def test_other_answers_are_the_callers_affair(status: int) -> None:
    handler, got = replies(status)
    assert World().client(handler).send(Request("GET", "/x")).status == status
    assert len(got) == 1


def test_waits_grow_and_end_with_patience() -> None:
    handler, got = replies(refused())
    world = World(patience=100)
    with pytest.raises(ServiceError) as caught:
        world.client(handler).send(Request("GET", "/x"))
    assert "models.example.org:8000 hasn't answered for 2 min, 13 attempts" in str(caught.value)
    assert "connection refused" in str(caught.value)
    assert "run again" in str(caught.value)
    assert world.time.now == pytest.approx(100)
    assert 8 < len(got) < 20
    assert world.door.pauses == [], "only what the service asks for holds others up"


def test_the_last_reason_is_told() -> None:
    handler, _ = replies(refused(), httpx.Response(503, json={"error": {"message": "loading"}}))
    with pytest.raises(ServiceError, match="status 503: loading"):
        World(patience=5).client(handler).send(Request("GET", "/x"))


def test_the_least_patient_caller_tries_twice() -> None:
    handler, got = replies(500)
    with pytest.raises(ServiceError):
        World(patience=0).client(handler).send(Request("GET", "/x"))
    assert len(got) == 2


def test_the_whole_run_waits_as_long_as_the_service_asks() -> None:
    handler, _ = replies(httpx.Response(429, headers={"Retry-After": "7"}), 200)
    world = World()
    world.client(handler).send(Request("GET", "/x"))
    assert world.door.pauses == [7]
    assert world.time.now == 7
    assert world.told == [], "the run tells"


def test_a_date_is_waited_for() -> None:
    later = httpx.Response(503, headers={"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"})
    handler, _ = replies(later, 200)
    world = World()
    world.client(handler).send(Request("GET", "/x"))
    assert world.door.pauses == [30]


def test_nobody_waits_longer_than_patience_allows() -> None:
    handler, got = replies(httpx.Response(429, headers={"Retry-After": "86400"}))
    world = World(patience=60)
    with pytest.raises(ServiceError, match=r"put requests off for 60 s.*requests_per_minute"):
        world.client(handler).send(Request("GET", "/x"))
    assert world.time.now == 60
    assert len(got) == 2, "once more at the end"


def test_an_outage_is_told_once_and_so_is_its_end() -> None:
    handler, _ = replies(*[refused()] * 8, 200, 200)
    world = World()
    client = world.client(handler)
    client.send(Request("GET", "/x"))
    client.send(Request("GET", "/x"))
    assert len(world.told) == 2
    assert world.told[0] == (
        "the service at models.example.org:8000 doesn't answer (connection refused); trying again"
    )
    assert "answers again" in world.told[1]


def test_hiccups_are_not_told() -> None:
    handler, _ = replies(500, 200)
    world = World()
    world.client(handler).send(Request("GET", "/x"))
    assert world.told == []


def test_answers_to_others_renew_patience() -> None:
    """What fails while all else succeeds is not an outage that ends a run at once."""
    world = World(patience=10)
    tries = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal tries
        if request.url.path.endswith("other"):
            return httpx.Response(200)
        tries += 1
        client.send(Request("GET", "/other"))
        return httpx.Response(500 if world.time.now < 30 else 200)

    client = world.client(handler)
    assert client.send(Request("GET", "/x")).status == 200
    assert world.time.now >= 30


def test_who_is_asked_to_stop_waits_no_longer() -> None:
    handler, got = replies(refused())
    world = World()
    world.stopped = lambda: world.time.now > 3
    with pytest.raises(Stopped):
        world.client(handler).send(Request("GET", "/x"))
    assert world.time.now < 4
    sent = len(got)
    with pytest.raises(Stopped):
        world.client(handler).send(Request("GET", "/x"))
    assert len(got) == sent


def test_who_is_asked_to_stop_waits_no_longer_at_the_gate() -> None:
    world = World()

    def closed(*, free: bool = False, stopped: Callable[[], bool]) -> None:
        if stopped():
            raise Stopped("at the gate")

    world.door.enter = closed  # type: ignore[method-assign]
    asked = iter([False, True])
    world.stopped = lambda: next(asked)
    handler, got = replies(200)
    with pytest.raises(Stopped, match="at the gate"):
        world.client(handler).send(Request("GET", "/x"))
    assert (got, world.door.inside) == ([], 0)


def test_time_at_the_gate_is_no_waiting_for_the_service() -> None:
    world = World(patience=10)

    def slowly(*, free: bool = False, stopped: Callable[[], bool]) -> None:
        world.time.now += 1000
        world.door.inside += 1

    world.door.enter = slowly  # type: ignore[method-assign]
    handler, got = replies(500, 500, 200)
    assert world.client(handler).send(Request("GET", "/x")).status == 200
    assert len(got) == 3


def test_free_requests_say_so_at_the_gate() -> None:
    handler, _ = replies(200)
    world = World()
    world.client(handler).send(Request("GET", "/x", free=True))
    assert world.door.free == [True]


def test_the_gate_is_left_whatever_happens() -> None:
    handler, _ = replies(KeyError("a mistake of ours"))
    world = World()
    with pytest.raises(KeyError):
        world.client(handler).send(Request("GET", "/x"))
    assert world.door.inside == 0


class TestTokens:
    def test_the_token_is_read_when_it_is_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        handler, got = replies(200)
        client = World(token=Token("MINE")).client(handler)
        monkeypatch.delenv("MINE", raising=False)
        client.send(Request("GET", "/x"))
        monkeypatch.setenv("MINE", f" {SECRET}\n")
        client.send(Request("GET", "/x"))
        sent = [request.headers.get("authorization") for request in got]
        assert sent == [None, f"Bearer {SECRET}"]

    def test_other_headers_carry_it_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MINE", SECRET)
        handler, got = replies(200)
        World(token=Token("MINE", "x-api-key", "")).client(handler).send(Request("GET", "/x"))
        assert got[0].headers["x-api-key"] == SECRET

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_wrong_token_is_told_by_its_variable(
        self, status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MINE", SECRET)
        echo = httpx.Response(status, json={"error": {"message": f"unknown token {SECRET}"}})
        handler, got = replies(echo)
        with pytest.raises(ServiceError) as caught:
            World(token=Token("MINE")).client(handler).send(Request("GET", "/x"))
        assert "environment variable MINE" in str(caught.value)
        assert "unknown token ***" in str(caught.value)
        assert len(got) == 1, "it won't get better"

    def test_a_missing_token_is_told_by_its_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("MINE", raising=False)
        handler, _ = replies(401)
        with pytest.raises(ServiceError, match=r"wants a token.*environment variable MINE"):
            World(token=Token("MINE")).client(handler).send(Request("GET", "/x"))

    @pytest.mark.parametrize("value", ["two\nlines of it", "with space", "umläut", "\x00zero"])
    def test_what_no_header_can_carry_is_refused_unseen(
        self, value: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.environ", {"MINE": value})
        handler, got = replies(200)
        with pytest.raises(ServiceError, match="environment variable MINE") as caught:
            World(token=Token("MINE")).client(handler).send(Request("GET", "/x"))
        assert value not in str(caught.value)
        assert got == []

    @pytest.mark.parametrize("answer", [401, 302, 500, refused(), httpx.ReadError(SECRET)])
    def test_it_shows_nowhere(
        self,
        answer: int | Exception,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        monkeypatch.setenv("MINE", SECRET)
        if isinstance(answer, int):
            headers = {"location": f"https://b.example.org/{SECRET}?{SECRET}"}
            answer_with = httpx.Response(answer, headers=headers, json={"error": SECRET})
            handler, _ = replies(answer_with)
        else:
            handler, _ = replies(answer)
        world = World(token=Token("MINE"), patience=5)
        client = world.client(handler)
        with pytest.raises(ServiceError) as caught:
            client.send(Request("GET", "/x"))
        shown = "".join(traceback.format_exception(caught.value))
        assert SECRET not in shown + repr(caught.value) + caplog.text + "".join(world.told)
        assert SECRET not in repr(client.connection)
        assert "models.example.org" not in caplog.text


class TestBodies:
    def test_long_bodies_are_refused_by_what_they_say(self) -> None:
        handler, _ = replies(httpx.Response(200, content=b"x" * 2000))
        with pytest.raises(BadReply, match="more than the 1,000 bytes"):
            World().client(handler).send(Request("GET", "/x", most=1000))

    def test_endless_bodies_are_refused_while_they_come(self) -> None:
        sent = 0

        class Endless(httpx.SyncByteStream):
            def __iter__(self):  # type: ignore[no-untyped-def]
                nonlocal sent
                while True:
                    sent += 1
                    yield b"x" * 100

        handler, _ = replies(httpx.Response(200, stream=Endless()))
        with pytest.raises(BadReply, match="more than the 1,000 bytes"):
            World().client(handler).send(Request("GET", "/x", most=1000))
        assert sent <= 11

    def test_bodies_that_trickle_are_cut_off(self) -> None:
        world = World(patience=300)

        class Trickle(httpx.SyncByteStream):
            def __iter__(self):  # type: ignore[no-untyped-def]
                while True:
                    world.time.now += 50
                    yield b"x"

        handler, got = replies(*(httpx.Response(200, stream=Trickle()) for _ in range(5)))
        with pytest.raises(ServiceError, match="no complete answer within 120 s"):
            world.client(handler).send(Request("GET", "/x"))
        assert len(got) == 2

    def test_compressed_bodies_are_refused(self) -> None:
        bomb = httpx.Response(
            200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"x")
        )
        handler, _ = replies(bomb)
        with pytest.raises(BadReply, match="compressed as 'gzip'"):
            World().client(handler).send(Request("GET", "/x"))

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b"<html>"])
    def test_what_is_no_json_is_said(self, body: bytes) -> None:
        handler, _ = replies(httpx.Response(200, content=body))
        response = World().client(handler).send(Request("GET", "/x"))
        with pytest.raises(BadReply, match="sent no JSON"):
            response.json()


def test_services_that_send_elsewhere_are_refused() -> None:
    handler, got = replies(httpx.Response(307, headers={"location": "https://b.example.org/x?k=v"}))
    with pytest.raises(ServiceError, match=r"elsewhere, to https://b\.example\.org/x\. "):
        World().client(handler).send(Request("GET", "/x"))
    assert len(got) == 1


def test_what_a_service_says_is_one_short_line() -> None:
    long = "\x1b[31m\r\n\x07red\u202e" + "x" * 5000
    handler, _ = replies(httpx.Response(500, json={"error": {"message": long}}))
    with pytest.raises(ServiceError) as caught:
        World(patience=1).client(handler).send(Request("GET", "/x"))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700
