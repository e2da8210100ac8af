"""Several requests at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

_Value = TypeVar("_Value")


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
    with ThreadPoolExecutor(min(most, len(calls)), "in-flight") as threads:
        futures = [threads.submit(call) for call in calls]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:  # also where the caller itself is interrupted
            for future in futures:
                future.cancel()
    for future in futures:
        if not future.cancelled() and (error := future.exception()) is not None:
            raise error
    return [future.result() for future in futures]
