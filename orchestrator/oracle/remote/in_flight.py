"""Several requests at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

_Value = TypeVar("_Value")


class _NotBegun(Exception):
    """A call was left out, as an earlier one had failed."""


def in_flight(calls: Sequence[Callable[[], _Value]], most: int) -> list[_Value]:
    """What calls return, in their order, with at most so many under way at once.

    After an error no further call begins. Those that have begun are waited for, and then the first
    error in the order of calls is raised: nothing goes on behind the caller's back.

    Args:
        calls: what is to be called.
        most: at least 1.
    """
    if min(most, len(calls)) <= 1:
        return [call() for call in calls]
    over = Event()

    def unless_over(call: Callable[[], _Value]) -> _Value:
        if over.is_set():  # the caller may be slow to wake up: whoever failed says so first
            raise _NotBegun
        try:
            return call()
        except BaseException:
            over.set()
            raise

    with ThreadPoolExecutor(min(most, len(calls)), "in-flight") as threads:
        futures = [threads.submit(unless_over, call) for call in calls]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:  # also where the caller itself is interrupted
            over.set()
            for future in futures:
                future.cancel()
    for future in futures:
        if (error := _error(future)) is not None:
            raise error
    return [future.result() for future in futures]


def _error(future: Future[_Value]) -> BaseException | None:
    """What a call that has begun failed with."""
    error = None if future.cancelled() else future.exception()
    return None if isinstance(error, _NotBegun) else error
