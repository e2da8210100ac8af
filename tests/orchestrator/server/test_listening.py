"""Addresses at which a service listens, and those that are refused."""

from __future__ import annotations

import socket

import pytest

from orchestrator.errors import UserError
from orchestrator.server.listening import address_of, bound, others_reach


def test_port_0_takes_a_free_one_and_says_which() -> None:
    with bound("localhost", 0, closed=False) as listener:
        host, port = listener.getsockname()[:2]
        assert port > 0
        assert address_of(listener) in (f"http://{host}:{port}", f"http://[{host}]:{port}")


def test_small_replies_leave_at_once() -> None:
    """With the protocol stated, connections don't wait for an acknowledgement of a reply's head."""
    with bound("127.0.0.1", 0, closed=False) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UserError, match="Choose another port"):
            bound("127.0.0.1", other.getsockname()[1], closed=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_must_not_reach_a_service_without_tokens(host: str) -> None:
    with pytest.raises(UserError, match="without a token"):
        bound(host, 0, closed=False)


def test_with_tokens_others_may_reach_it() -> None:
    with bound("0.0.0.0", 0, closed=True) as listener:
        assert listener.getsockname()[0] == "0.0.0.0"
        assert others_reach(listener)
    with bound("127.0.0.1", 0, closed=True) as listener:
        assert not others_reach(listener)


@pytest.mark.parametrize("host", ["no such host", "256.1.1.1", "", "x" * 300])
def test_what_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(UserError, match="can't serve at"):
        bound(host, 0, closed=True)
