"""Ctrl-C and SIGTERM while a run works: the first one asks it to stop, the second one stops it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def first_interrupt(ask_to_stop: Callable[[], None]) -> Iterator[None]:
    """Calls `ask_to_stop` at the first interrupt; the second one raises KeyboardInterrupt.

    Outside the main thread nothing changes, since signals arrive there only.

    Args:
        ask_to_stop: runs inside the signal handler, between any two instructions of the main
            thread, so it should do no more than take a note.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, _force)
        ask_to_stop()

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _force(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
