from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from orchestrator.oracle.remote.http.exchange import Unanswered
from orchestrator.oracle.remote.http.outage import Outage
from orchestrator.oracle.remote.service import Caller
from tests.orchestrator.oracle.remote.fake_time import FakeTime

DOWN = Unanswered("connection refused")
PUT_OFF = Unanswered("status 429", 9.0, quota=True)


def outage(told: list[str], time: FakeTime) -> Outage:
    return Outage("here:8000", Caller(tell=told.append), time.clock())


def test_many_threads_tell_of_an_outage_and_of_its_end_once() -> None:
    told: list[str] = []
    service = outage(told, FakeTime())
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: service.failed(DOWN, 5.0), range(100)))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: service.over(), range(100)))
    assert told == [
        "the service at here:8000 doesn't answer (connection refused); trying again",
        "the service at here:8000 answers again after 0 s",
    ]
    assert service.answers == 100


def test_waits_for_a_quota_are_left_to_who_shows_the_run() -> None:
    told: list[str] = []
    service = outage(told, FakeTime())
    service.failed(PUT_OFF, 9.0)
    service.over()
    assert told == []
    for failure in (PUT_OFF, DOWN, PUT_OFF):
        service.failed(failure, 9.0)
    assert told == ["the service at here:8000 doesn't answer (connection refused); trying again"]


def test_short_waits_are_told_once_they_add_up() -> None:
    told: list[str] = []
    time = FakeTime()
    service = outage(told, time)
    for _ in range(3):
        service.failed(DOWN, 0.6)
        assert told == []
        time.now += 0.6
    service.failed(DOWN, 0.6)
    assert len(told) == 1


def test_each_outage_is_told_anew() -> None:
    told: list[str] = []
    service = outage(told, FakeTime())
    for _ in range(2):
        service.failed(DOWN, 5.0)
        service.over()
    assert len(told) == 4
