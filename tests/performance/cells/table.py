"""What the bench prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.performance.cells.clock import Spent
from tests.performance.cells.need import assumption, cores
from tests.performance.cells.side import Ran
from tests.performance.cells.stages import Stage

SIDES = ("old", "cold", "warm")
_ACTIVITIES = ("query", "data", "evaluation", "method")


@dataclass(frozen=True)
class Row:
    """A cell on all sides.

    Attributes:
        label: the method's name.
        note: what is special about its settings.
        sides: how it went on the sides, in order.
    """

    label: str
    sides: tuple[Ran, ...]
    note: str = ""

    @property
    def equal(self) -> bool:
        """Whether all sides have the same trace, ledgers and prompt."""
        return all(self.sides[0].equals(other) for other in self.sides[1:])


def cell_table(encoding: Sequence[Spent], rows: Sequence[Row]) -> Iterator[str]:
    """Where the seconds of cells go."""
    yield f"seconds as {' / '.join(SIDES)}: old path; new path with empty packs; with full packs"
    heads = ("cell", *_ACTIVITIES, "rest", "wall", "CPU", "CPU aside", "old/warm", "traces")
    yield from _head(heads)
    whole = [_triple([one.wall for one in encoding]), _triple([one.cpu for one in encoding])]
    aside = _triple([one.aside for one in encoding])
    blanks = [""] * (len(_ACTIVITIES) + 1)
    times = _times(encoding[0].cpu, encoding[-1].cpu)
    yield _line(["features of the test split, once", *blanks, *whole, aside, times, ""])
    for row in rows:
        yield _line(list(_cell(row)))
    yield "CPU aside: of all threads but the one that computes, which is where images are prepared"


def stage_table(stages: Sequence[Stage]) -> Iterator[str]:
    """What each stage costs."""
    yield from _head(("stage", "ms", "a second and core", "cores for an H100"))
    for stage in stages:
        many = f"{1 / stage.seconds:,.0f} {stage.of}s" if stage.seconds > 0 else ""
        needed = f"{cores(stage.seconds):,.1f}" if stage.fed else ""
        yield _line([stage.name, f"{1000 * stage.seconds:.3f}", many, needed])
    yield "as bytes: what the CPU does where a GPU normalises; nothing normalises them in this row"
    yield assumption()


def _cell(row: Row) -> Iterator[str]:
    yield f"{row.label} ({row.note})" if row.note else row.label
    timings = [one.trace.timing for one in row.sides]
    for activity in _ACTIVITIES:
        yield _triple([timing.get(activity, 0.0) for timing in timings])
    spent = [one.spent for one in row.sides]
    yield _triple([one.wall - t["total"] for one, t in zip(spent, timings, strict=True)])
    yield _triple([one.wall for one in spent])
    yield _triple([one.cpu for one in spent])
    yield _triple([one.aside for one in spent])
    yield _times(spent[0].cpu, spent[-1].cpu)
    yield "equal" if row.equal else "DIFFER"


def _times(old: float, new: float) -> str:
    return f"{old / new:.2f}" if new > 0 else ""


def _triple(seconds: Sequence[float]) -> str:
    return " / ".join(f"{one:.2f}" for one in seconds)


def _head(names: Sequence[str]) -> Iterator[str]:
    yield _line(names)
    yield "|" + "---|" * len(names)


def _line(columns: Sequence[str]) -> str:
    return f"| {' | '.join(columns)} |"
