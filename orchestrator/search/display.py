"""Shows a search to the person who waits for it: a line a trial, and what is running now."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console
from rich.text import Text

from orchestrator.analysis.search import Search, SearchTrial, short
from orchestrator.console import duration, say

INTERVAL = 10.0
"""Seconds between two lines about what is running, where there is no terminal."""


@dataclass
class SearchDisplay:
    """Told what happens to trials; a context manager around a search.

    Attributes:
        search: as far as it had come when it started.
        console: where to print.
    """

    search: Search
    console: Console
    _running: dict[int, str] = field(default_factory=dict)
    _ended: int = 0
    _waits: str = ""

    def __post_init__(self) -> None:
        self._ended = self.search.ended
        self._start = self._last = time.monotonic()
        self._status = self.console.status("starting")

    def started(self, number: int) -> None:
        """A trial began, or goes on."""
        self._running[number] = "starting"
        self._draw()

    def reported(self, number: int, queries: int, values: Mapping[str, float]) -> None:
        """A running trial has measured."""
        self._running[number] = f"{values_text(values)} after {queries:,} queries"
        self._draw()

    def ended(self, trial: SearchTrial) -> None:
        """A trial came to an end."""
        last = self._running.pop(trial.number, "")
        self._ended += 1
        told = {
            "complete": f"{values_text(trial.values)} after {trial.queries:,} queries",
            "failed": trial.error,
        }.get(trial.state, last)
        number = f"{self._ended}/{max(self.search.planned, self._ended)}"
        self.say(f"{number:>7} {trial.state:8} {trial.title}: {told}")
        self._draw()

    def waits(self, text: str) -> None:
        """What everybody waits for and how long, such as for a quota; empty where none does."""
        waits = f", {text}" if text else ""
        if waits or self._waits:
            self._waits = waits
            self._draw()

    def say(self, text: str) -> None:
        """Prints a line that stays."""
        say(text, console=self.console)

    def _draw(self) -> None:
        now = [f"trial {n}: {text}" for n, text in sorted(self._running.items())]
        line = f"{self._ended} of {self.search.planned} trials{self._times()}{self._waits}"
        lines = [_cut(text, self.console.width) for text in (line, *now)]
        self._status.update(Text("\n  ").join(lines))
        if not self.console.is_terminal and time.monotonic() - self._last >= INTERVAL:
            self._last = time.monotonic()
            self.say(f"{line}; running: {'; '.join(now) or 'nothing'}")

    def _times(self) -> str:
        """How long it has run here, and about how long the other trials take at this pace."""
        passed, here = time.monotonic() - self._start, self._ended - self.search.ended
        left = max(0, self.search.planned - self._ended)
        if not here:
            return f", {duration(passed)} so far"
        return f", {duration(passed)} so far, about {duration(passed / here * left)} left"

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()


def _cut(text: str, width: int) -> Text:
    """A line that fits beside the spinner; its end gives way, for what counts comes first."""
    line = Text(text)
    line.truncate(max(1, width - 3), overflow="ellipsis")
    return line


def values_text(values: Mapping[str, float]) -> str:
    """Objectives by name, such as `accuracy 81.2, area 74.6`."""
    return ", ".join(f"{name.replace('_', ' ')} {short(value)}" for name, value in values.items())
