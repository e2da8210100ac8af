"""What a row of the GPU table says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """A row.

    Attributes:
        row: what was measured.
        figure: what came out, for people; empty if it failed.
        goal: what should come out; empty without a goal.
        met: whether it did; None without a goal.
        values: what came out, in numbers.
        error: last line of what went wrong; empty if nothing did.
    """

    row: str
    figure: str = ""
    goal: str = ""
    met: bool | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def verdict(self) -> str:
        """Whether the goal is met, in a word."""
        if self.error:
            return "failed"
        return {None: "", True: "met", False: "missed"}[self.met]

    @property
    def unjudged(self) -> Outcome:
        """The same where figures mean nothing."""
        return replace(self, met=None)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "values": dict(self.values)}


def at_most(row: str, value: float, limit: float, figure: str, **values: Any) -> Outcome:
    """A row that should take no more seconds than `limit`."""
    return Outcome(row, figure, f"<= {limit:g} s", value <= limit, values)


def at_least(row: str, value: float, limit: float, figure: str, **values: Any) -> Outcome:
    """A row whose share should be no smaller than `limit`."""
    return Outcome(row, figure, f">= {limit:.0%}", value >= limit, values)
