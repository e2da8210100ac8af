"""Tells whether a process that left its name somewhere is still alive, where that can be known."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class ProcessIdentity:
    """A process, told from all others on all machines.

    Attributes:
        host: name of its machine, for people.
        machine: the machine since its last boot, and the space that process ids count in; empty
            where that can't be known.
        pid: process id.
        started: when it started, in the kernel's ticks; tells it from a later process of its id.
    """

    host: str
    machine: str
    pid: int
    started: str

    @classmethod
    def own(cls) -> ProcessIdentity:
        """This process."""
        pid = os.getpid()
        return cls(socket.gethostname(), _machine(), pid, _started(pid))

    def is_surely_dead(self) -> bool:
        """True only where it ran in this very machine and space, and is no more."""
        if not self.machine or self.machine != _machine():
            return False
        return _started(self.pid) != self.started


@cache
def _machine() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Field 22 of the kernel's line on a process; empty when there is none."""
    try:
        line = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    fields = line.rpartition(")")[2].split()  # the name before it may hold anything
    return "" if fields[0] == "Z" else fields[19]
