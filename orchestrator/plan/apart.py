"""Plans in a process of its own: a driver may run for days, and need not hold what planning loads.

Building methods, to find out what they ask, takes torch, of some 400 MB in every process.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from orchestrator.errors import UserError

P = ParamSpec("P")
T = TypeVar("T")


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function returns, called in a new process; in this one where torch is there anyway.

    Args:
        function: of a module; it can be pickled, and so can its arguments and what it returns.
        args: its arguments.
        kwargs: its arguments by name.

    Raises:
        UserError: as the function does; or its process was killed.
    """
    if "torch" in sys.modules:
        return function(*args, **kwargs)
    with ProcessPoolExecutor(
        1, get_context("spawn"), initializer=_end_quietly, max_tasks_per_child=1
    ) as process:
        try:
            return process.submit(_call, partial(function, *args, **kwargs)).result()
        except BrokenProcessPool:
            raise UserError(
                "planning ended before it was done: its process was killed, perhaps because memory "
                "ran out. Nothing was run; free some memory and give the same command again."
            ) from None


def _call(function: Callable[[], T]) -> T:
    try:
        return function()
    except UserError as error:
        raise UserError(str(error)) from None  # others need not survive being pickled


def _end_quietly() -> None:
    """Lets Ctrl-C, which a terminal sends to both processes, end this one without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
