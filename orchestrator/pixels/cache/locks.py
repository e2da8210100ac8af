"""Locks between the processes of a machine. A killed process leaves none behind."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 0.25
"""Seconds to wait for others: as long as a few images take that would be kept meanwhile."""
_PAUSE = 0.001


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Locks an open file if nobody else has; a shared lock only keeps off those that are not."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(descriptor: int) -> Iterator[bool]:
    """Locks an open file, also against the threads and children of this process, and closes it.

    Gives False if somebody else keeps the lock for long, who may be stopped or wait for a slow
    disk.

    Raises:
        OSError: the file can't be locked.
    """
    try:
        yield _patiently(descriptor)
    finally:
        os.close(descriptor)


def _patiently(descriptor: int) -> bool:
    latest = time.monotonic() + PATIENCE
    while not try_lock(descriptor):
        if time.monotonic() > latest:
            return False
        time.sleep(_PAUSE)
    return True
