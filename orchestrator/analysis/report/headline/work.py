"""How much was run, when, and how long that took, in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Run
from orchestrator.console import counted

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def work_words(comparison: Comparison) -> str:
    """Cells, days and seconds, such as `24 cells, 27 November 2026, 3 min 10 s of work.`"""
    longer = comparison.search.longer if comparison.search else ()
    finished = _by_key((*comparison.finished, *longer))
    told = [_cells(len(finished), _open(comparison)), days_text(_days(finished))]
    seconds = sum(run.seconds for run in finished)
    if seconds:
        told.append(f"{duration_text(seconds)} of work")
    return f"{', '.join(filter(None, told))}."


def _by_key(runs: Iterable[Run]) -> list[Run]:
    """Runs without those that stand for a cell which another label has run."""
    return list({run.trace.key: run for run in runs}.values())


def _cells(count: int, others: Sequence[str]) -> str:
    """Those with a result, then the others, which are none of them."""
    return (
        ", ".join((f"{counted(count, 'cell')} finished", *others))
        if others
        else (counted(count, "cell"))
    )


def _open(comparison: Comparison) -> list[str]:
    failed = len({run.trace.key for run in (*comparison.failures, *comparison.unsound)})
    missing = len(comparison.missing)
    told = [f"{failed:,} failed"] if failed else []
    if missing:
        told.append(f"{missing:,} {'has' if missing == 1 else 'have'} no result yet")
    return told


def _days(runs: Iterable[Run]) -> list[date]:
    """Days on which results were written; results of earlier releases may not say."""
    found = set()
    for run in runs:
        try:
            found.add(date.fromisoformat(str(run.trace.provenance.get("written", ""))[:10]))
        except ValueError:
            continue
    return sorted(found)


def days_text(days: Sequence[date]) -> str:
    """The first and the last day in words; empty without any.

    Example:
        >>> days_text([date(2026, 11, 26), date(2026, 11, 27)])
        '26 to 27 November 2026'
    """
    if not days:
        return ""
    first, last = days[0], days[-1]
    if first == last:
        return _day(last)
    if first.year != last.year:
        return f"{_day(first)} to {_day(last)}"
    if first.month != last.month:
        return f"{first.day} {MONTHS[first.month - 1]} to {_day(last)}"
    return f"{first.day} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def duration_text(seconds: float) -> str:
    """Seconds in two units.

    Example:
        >>> [duration_text(seconds) for seconds in (0.4, 40, 190, 12_600)]
        ['under 1 s', '40 s', '3 min 10 s', '3 h 30 min']
    """
    if seconds < 1:
        return "under 1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60:,} h {minutes % 60} min"
