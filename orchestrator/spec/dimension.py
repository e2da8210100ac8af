"""One dimension of a search space: the values that a setting may take."""

from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from benchmarks.frozen import Frozen
from benchmarks.quoting import cut

Scalar = bool | int | float | str | None
Kind = Literal["log_uniform", "uniform", "int", "choice"]
KINDS: tuple[Kind, ...] = ("log_uniform", "uniform", "int", "choice")

MOST_STEPS = 10_000
"""Values that a grid takes from one dimension, at most."""

LARGEST_INT = 2**53
"""The ends of an interval are floats, which hold every whole number up to here."""

_SHORT_OF_GOLDEN = 0.38
"""Share of an interval at which it is probed: a setting may accept both ends and refuse others."""


class Dimension(Frozen):
    """The values of one setting. In YAML: `{log_uniform: [0.1, 300]}`.

    Attributes:
        kind: `log_uniform` and `uniform` draw numbers from an interval, `int` draws whole numbers,
            ends included, and `choice` draws one of several values.
        low: lower end; None for a choice.
        high: upper end; None for a choice.
        values: the values of a choice; empty for intervals.
        points: number of values that a grid takes from an interval, evenly spaced (on a logarithmic
            scale for `log_uniform`); by default every value of an `int`.
    """

    kind: Kind
    low: float | None = None
    high: float | None = None
    values: tuple[Scalar, ...] = ()
    points: Annotated[int, Field(ge=2, le=MOST_STEPS)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError(f"expected such as {{uniform: [0, 1]}}, got {cut(repr(given))}")  # noqa: TRY004
        if "kind" in given:
            return given
        kinds = [name for name in given if name in KINDS]
        unknown = sorted(set(given) - {*KINDS, "points"})
        if len(kinds) != 1 or unknown:
            raise ValueError(
                f"expected one of {', '.join(KINDS)} (and `points` for a grid), got "
                f"{', '.join(map(str, given)) or 'nothing'}"
            )
        (kind,) = kinds
        value = given[kind]
        if not isinstance(value, list | tuple):
            raise ValueError(f"{kind} takes a list, got {cut(repr(value))}")  # noqa: TRY004
        points = {"points": given["points"]} if "points" in given else {}
        if kind == "choice":
            return {"kind": kind, "values": value, **points}
        if len(value) != 2:
            raise ValueError(f"{kind} takes [low, high], got {cut(repr(value))}")
        return {"kind": kind, "low": value[0], "high": value[1], **points}

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.kind == "choice":
            if len(set(map(repr, self.values))) < 2 or self.points is not None:
                raise ValueError("choice takes at least two different values, and no points")
            return self
        low, high = self.ends
        if not low < high:
            raise ValueError(f"low must be below high, got [{low:g}, {high:g}]")
        if self.kind == "log_uniform" and low <= 0:
            raise ValueError(f"log_uniform needs low above 0, got {low:g}")
        whole = low.is_integer() and high.is_integer()
        if self.kind == "int" and not (whole and max(abs(low), abs(high)) <= LARGEST_INT):
            raise ValueError(
                f"int takes whole numbers up to {LARGEST_INT:,}, got [{low:g}, {high:g}]"
            )
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper end of an interval.

        Raises:
            ValueError: it is a choice, or an end is missing.
        """
        if self.low is None or self.high is None:
            raise ValueError(f"{self.kind} has no ends")
        return self.low, self.high

    @property
    def extremes(self) -> tuple[Scalar, ...]:
        """The ends of an interval, or every value of a choice."""
        if self.kind == "choice":
            return self.values
        low, high = self.ends
        return (int(low), int(high)) if self.kind == "int" else (low, high)

    @property
    def probes(self) -> tuple[Scalar, ...]:
        """The extremes and, in an interval of real numbers, a fraction between them."""
        if self.kind in ("choice", "int"):
            return self.extremes
        low, high = self.ends
        return (low, high, low + _SHORT_OF_GOLDEN * (high - low))

    @property
    def grid(self) -> tuple[Scalar, ...]:
        """The values that a grid takes.

        Raises:
            ValueError: it is an interval of real numbers without `points`, or of too many integers.
        """
        if self.kind == "choice":
            return self.values
        low, high = self.ends
        steps = self.points or int(high - low) + 1
        if self.kind == "int" and steps > MOST_STEPS:
            raise ValueError(
                f"a grid takes every value of an int, which are {steps:,} here: give `points`, how "
                f"many of them to take"
            )
        if self.kind == "int":
            spread = np.linspace(low, high, steps)
            return tuple(dict.fromkeys(int(value) for value in np.round(spread)))
        if self.points is None:
            raise ValueError("a grid needs `points`: how many values to take from the interval")
        spread = (np.geomspace if self.kind == "log_uniform" else np.linspace)(
            low, high, self.points
        )
        # The exact ends, without rounding.
        return (low, *(float(value) for value in spread[1:-1]), high)
