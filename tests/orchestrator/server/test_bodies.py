"""Bodies are read piece by piece, and no further than was agreed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from starlette.requests import Request
from starlette.types import Message

from orchestrator.server.bodies import Bodies
from orchestrator.server.refusals import Refusal

KIND = "text/plain"


class Sent:
    """A request whose body comes in pieces; None ends the connection.

    Attributes:
        taken: pieces that were read.
    """

    def __init__(
        self, *pieces: bytes | None, headers: Mapping[str, str] | None = None, pause: float = 0
    ) -> None:
        given = {"content-type": KIND, **(headers or {})}
        scope = {
            "type": "http",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        self._pieces, self._pause, self.taken = list(pieces), pause, 0
        self.request = Request(scope, self._receive)

    async def _receive(self) -> Message:
        if self.taken == len(self._pieces):
            await asyncio.sleep(3600)
        await asyncio.sleep(self._pause)
        piece = self._pieces[self.taken]
        self.taken += 1
        if piece is None:
            return {"type": "http.disconnect"}
        more = self.taken < len(self._pieces)
        return {"type": "http.request", "body": piece, "more_body": more or piece == b"..."}


def read(sent: Sent, bodies: Bodies | None = None, most: int = 10) -> bytes:
    """The body that was read."""

    async def reading() -> bytes:
        async with (bodies or Bodies(100)).read(sent.request, KIND, most) as body:
            return body

    return asyncio.run(reading())


def refusal(sent: Sent, bodies: Bodies | None = None) -> int:
    """The status with which a body of at most 10 bytes is refused."""
    with pytest.raises(Refusal) as raised:
        read(sent, bodies)
    return raised.value.status


def test_pieces_are_put_together() -> None:
    assert read(Sent(b"some", b"", b" text")) == b"some text"
    assert read(Sent(b"0123456789", headers={"content-length": "10"})) == b"0123456789"
    assert read(Sent(b"")) == b""


def test_of_a_long_body_no_more_is_read_than_fits() -> None:
    stated = Sent(b"0123456789", b"0", headers={"content-length": "11"})
    assert (refusal(stated), stated.taken) == (413, 0)
    unstated = Sent(*[b"01234"] * 100)
    assert (refusal(unstated), unstated.taken) == (413, 3)


@pytest.mark.parametrize("length", ["-1", "1e3", "", "9" * 30, "\xb2", "12"])
def test_a_length_that_cannot_be_is_refused(length: str) -> None:
    assert refusal(Sent(b"01234", headers={"content-length": length})) in (400, 413)


def test_a_body_that_stops_coming_is_given_up() -> None:
    assert refusal(Sent(b"0", b"..."), Bodies(100, silence=0.05)) == 408
    assert refusal(Sent(b"0", None)) == 400


def test_a_body_that_drips_is_given_up() -> None:
    """Each piece comes in time, but all of them would take for ever."""
    dripping = Sent(*[b"0"] * 9, pause=0.05)
    assert refusal(dripping, Bodies(100, silence=0.2)) == 408
    assert 1 < dripping.taken < 9


def test_all_bodies_together_are_bounded_and_room_is_given_back() -> None:
    bodies = Bodies(15)

    async def scenario() -> None:
        async with bodies.read(Sent(b"0123456789").request, KIND, 10):
            async with bodies.read(Sent(b"01234").request, KIND, 10) as fits:
                assert fits == b"01234"
            with pytest.raises(Refusal) as raised:
                async with bodies.read(Sent(b"012", b"345").request, KIND, 10):
                    pass
            assert (raised.value.status, raised.value.headers) == (503, {"retry-after": "1"})
            async with bodies.read(Sent(b"01234").request, KIND, 10):
                pass

    asyncio.run(scenario())
    for broken in (Sent(b"0" * 9, b"0" * 9), Sent(b"0" * 9, None), Sent(b"0" * 9)):
        with_room = read(broken, bodies) if len(broken._pieces) == 1 else refusal(broken, bodies)
        assert with_room in (b"0" * 9, 400, 413)
    assert read(Sent(b"0123456789"), bodies) == b"0123456789"


def test_other_types_and_encodings_are_refused_unread() -> None:
    for headers in ({"content-type": "text/html"}, {"content-encoding": "gzip"}):
        sent = Sent(b"0", headers=headers)
        assert (refusal(sent), sent.taken) == (415, 0)
    assert read(Sent(b"0", headers={"content-type": "Text/Plain; charset=utf-8"})) == b"0"


def test_a_body_that_is_too_long_frees_no_more_than_it_held() -> None:
    """Else who sends many of them makes room for more than was agreed."""
    bodies = Bodies(20)

    async def reading() -> None:
        async with bodies.read(Sent(b"x" * 10).request, KIND, 10):
            with pytest.raises(Refusal):
                async with bodies.read(Sent(b"y" * 15).request, KIND, 10):
                    pass
            async with bodies.read(Sent(b"z" * 10).request, KIND, 10):
                with pytest.raises(Refusal) as full:
                    async with bodies.read(Sent(b"w").request, KIND, 10):
                        pass
                assert full.value.status == 503

    asyncio.run(reading())
