"""Requests wait for their turn, and are sent away where too many wait."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.server.line import Line
from orchestrator.server.refusals import Refusal


def test_no_more_are_answered_at_once_than_agreed() -> None:
    async def scenario() -> tuple[int, int]:
        line, now, most, done = Line(2, waiting=10), 0, 0, 0

        async def request() -> None:
            nonlocal now, most, done
            async with line.turn():
                now += 1
                most = max(most, now)
                await asyncio.sleep(0)
                now -= 1
                done += 1

        await asyncio.gather(*(request() for _ in range(12)))
        return most, done

    assert asyncio.run(scenario()) == (2, 12)


@pytest.mark.parametrize("concurrency", [None, 1])
def test_who_finds_no_room_is_sent_away_and_may_come_again(concurrency: int | None) -> None:
    async def scenario() -> None:
        line, go = Line(concurrency, waiting=2), asyncio.Event()

        async def request() -> None:
            async with line.turn():
                await go.wait()

        fits = 2 + (concurrency or 0)
        waiting = [asyncio.create_task(request()) for _ in range(fits)]
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as raised:
            await request()
        assert (raised.value.status, raised.value.headers) == (503, {"retry-after": "1"})
        waiting[-1].cancel()
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(request()))
        go.set()
        await asyncio.gather(*waiting, return_exceptions=True)
        await request()

    asyncio.run(scenario())
