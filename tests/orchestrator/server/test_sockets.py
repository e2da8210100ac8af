"""What only real connections show: bodies that never end or never come, and what is no HTTP."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from orchestrator.oracle.remote.description import Limits
from orchestrator.server.impatient import ImpatientProtocol
from orchestrator.server.model import Offer
from tests.orchestrator.server.clients import told
from tests.orchestrator.server.questions import TENSORS
from tests.service_in_thread import ThreadedService, service_in_thread

SMALL = Limits(request_bytes=20_000)
KIND = TENSORS["content-type"]


@pytest.fixture(scope="module")
def service() -> Iterator[ThreadedService]:
    with service_in_thread(Offer("pocket", limits=SMALL)) as found:
        yield found


@pytest.fixture(autouse=True)
def stays_up(service: ThreadedService) -> Iterator[None]:
    yield
    assert httpx.get(f"{service.address}/health", timeout=60).json() == {"status": "ok"}
    assert service.ledger.sums() == ()


def connection(service: ThreadedService) -> socket.socket:
    host, _, port = service.address.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=60)


def head(length: int) -> bytes:
    lines = ("POST /v1/score HTTP/1.1", "Host: here", f"Content-Type: {KIND}")
    return "\r\n".join((*lines, f"Content-Length: {length}", "", "")).encode()


def post(service: ThreadedService, sent: bytes) -> httpx.Response:
    return httpx.post(f"{service.address}/v1/score", content=sent, headers=TENSORS, timeout=60)


def test_a_body_that_is_announced_too_long_is_refused_before_it_comes(
    service: ThreadedService,
) -> None:
    with connection(service) as sender:
        sender.sendall(head(10**12))
        assert sender.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_long_body_that_is_sent_anyway_takes_no_memory(service: ThreadedService) -> None:
    assert told(post(service, b"x" * 5_000_000)) == (413, "too_large")

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 50_000

    answered = httpx.post(
        f"{service.address}/v1/score", content=endless(), headers=TENSORS, timeout=60
    )
    assert told(answered) == (413, "too_large")


def test_bodies_that_wait_for_their_last_piece_take_no_more_than_was_agreed(
    service: ThreadedService,
) -> None:
    waiting = [connection(service) for _ in range(4)]
    for one in waiting:
        one.sendall(head(20_000) + b"x" * 19_999)
    sent = b"x" * 15_000
    answer = post(service, sent)
    while told(answer) == (400, "bad_message"):  # until all that was sent has been read
        answer = post(service, sent)
    assert told(answer) == (503, "overloaded")
    assert answer.headers["retry-after"] == "1"
    for one in waiting:
        one.close()
    while told(answer) == (503, "overloaded"):
        answer = post(service, sent)
    assert told(answer) == (400, "bad_message")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"this is no request\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /health HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 100_000,
    ],
)
def test_what_is_no_http_is_refused(service: ThreadedService, sent: bytes) -> None:
    with connection(service) as sender:
        sender.sendall(sent)
        assert sender.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "sent", [b"", b"GET /health HTT", b"GET /health HTTP/1.1\r\nHost: here\r\nA: "]
)
def test_a_connection_without_a_whole_head_is_closed(
    service: ThreadedService, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many of them would keep all others out for ever."""
    monkeypatch.setattr(ImpatientProtocol, "head_seconds", 0.2)
    with connection(service) as idle:
        idle.sendall(sent)
        assert idle.recv(1000) == b""


def test_an_answered_connection_may_not_begin_another_request_and_leave_it(
    service: ThreadedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection(service) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        monkeypatch.setattr(ImpatientProtocol, "head_seconds", 0.2)
        client.sendall(b"GET /health HTT")
        while client.recv(1000):
            pass


def test_who_sends_a_body_slowly_isnt_taken_for_idle(
    service: ThreadedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImpatientProtocol, "head_seconds", 0.05)
    with connection(service) as sender:
        sender.sendall(head(4))
        for _ in range(4):
            time.sleep(0.05)
            sender.sendall(b"x")
        assert sender.recv(1000).startswith(b"HTTP/1.1 400 ")
