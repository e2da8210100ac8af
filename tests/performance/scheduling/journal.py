"""What null oracles did: a line for each beginning and end of a cell, also of those killed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["oracle", "trial"]
"""A process that holds an oracle, or one of Tune's that leases it."""


@dataclass(frozen=True)
class Line:
    """A beginning or an end.

    Attributes:
        time: in seconds of the machine's monotonic clock, which all its processes share.
        process: process id of the oracle.
        what: `begin` or `end`.
        key: the cell's key.
    """

    time: float
    process: int
    what: str
    key: str


@dataclass(frozen=True)
class Journal:
    """A folder with a file for each process; every line is written in one piece.

    Attributes:
        folder: where the files lie.
    """

    folder: Path

    def register(self, kind: Kind) -> None:
        """Says that this process is set up."""
        (self.folder / f"{kind}-{os.getpid()}").touch()

    def note(self, what: Literal["begin", "end"], key: str) -> None:
        """Notes that this process begins or ends a cell."""
        with (self.folder / f"lines-{os.getpid()}").open("a") as file:
            file.write(f"{time.monotonic()} {os.getpid()} {what} {key}\n")

    def processes(self, kind: Kind) -> list[int]:
        """Living processes of a kind that are set up, the oldest first."""
        found = sorted(self.folder.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)
        ids = [int(path.name.rpartition("-")[2]) for path in found]
        return [process for process in ids if Path(f"/proc/{process}").is_dir()]

    def lines(self) -> list[Line]:
        """All lines, in order of time."""
        texts = [path.read_text() for path in self.folder.glob("lines-*")]
        words = [line.split() for text in texts for line in text.splitlines()]
        found = [Line(float(at), int(process), what, key) for at, process, what, key in words]
        return sorted(found, key=lambda line: line.time)
