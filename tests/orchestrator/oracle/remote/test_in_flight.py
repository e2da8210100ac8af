from __future__ import annotations

import threading
from functools import partial

import pytest

from orchestrator.oracle.remote.in_flight import in_flight


def test_values_keep_the_order_of_calls() -> None:
    """The first call ends last."""
    ended = [threading.Event() for _ in range(4)]

    def call(number: int) -> int:
        if number < 3:
            assert ended[number + 1].wait(30)
        ended[number].set()
        return number

    assert in_flight([partial(call, number) for number in range(4)], 4) == [0, 1, 2, 3]


def test_no_more_are_under_way_than_allowed() -> None:
    lock, together = threading.Barrier(3), 0
    most, guard = 0, threading.Lock()

    def call() -> None:
        nonlocal together, most
        with guard:
            together += 1
            most = max(most, together)
        lock.wait(30)
        with guard:
            together -= 1

    in_flight([call] * 9, 3)
    assert most == 3


@pytest.mark.parametrize("most", [1, 4])
def test_few_calls_need_no_threads(most: int) -> None:
    assert in_flight([threading.current_thread], most) == [threading.current_thread()]
    assert in_flight([], most) == []


def test_the_first_error_is_raised_once_others_have_ended() -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert failed.wait(30)
        ended.set()

    failed = threading.Event()

    def fails() -> None:
        assert begun.wait(30)
        failed.set()
        raise KeyError("first")

    with pytest.raises(KeyError, match="first"):
        in_flight([slow, fails], 2)
    assert ended.is_set()


def test_after_an_error_no_call_begins() -> None:
    calls = 0

    def fails() -> None:
        nonlocal calls
        calls += 1
        raise KeyError(calls)

    with pytest.raises(KeyError):
        in_flight([fails] * 500, 2)
    assert calls <= 2


def test_of_several_errors_the_first_in_order_is_raised() -> None:
    both = threading.Barrier(2)

    def fails(name: str) -> None:
        both.wait(30)
        raise KeyError(name)

    with pytest.raises(KeyError, match="one"):
        in_flight([partial(fails, "one"), partial(fails, "two")], 2)
