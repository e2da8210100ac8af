"""How entries of the same label differ, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestrator.analysis.site.entry import Entry

MOST = 4
"""Fields that are named of each entry."""

_PLACES = frozenset({"dataset", "seed", "shots", "source", "method", "evaluation"})
"""Fields that differ between the runs of one entry, or are told in other words."""


def differences(entries: Sequence[tuple[str, Entry]]) -> str:
    """What the cells of some entries have each for itself.

    Args:
        entries: two or more, with the names that they are shown under.
    """
    facts = {name: _facts(entry) for name, entry in entries}
    fields = sorted({field for mine in facts.values() for field in mine})
    apart = [field for field in fields if len({mine.get(field, "") for mine in facts.values()}) > 1]
    if not apart:
        return f"{_together(entries)}: {_why_equal(entries)}."
    told = "; ".join(f"{name} has {_some(apart, mine)}" for name, mine in facts.items())
    return f"{told}."


def _some(fields: Sequence[str], mine: Mapping[str, str]) -> str:
    shown = ", ".join(f"{field} {mine.get(field, 'not set')}" for field in fields[:MOST])
    more = len(fields) - MOST
    return f"{shown} and {more} more" if more > 0 else shown


def _facts(entry: Entry) -> dict[str, str]:
    cell = entry.runs[0].trace.cell
    method = cell.get("method", {})
    settings = {name: _text(value) for name, value in method.get("settings", {}).items()}
    others = {name: _text(value) for name, value in cell.items() if name not in _PLACES}
    seeds = ", ".join(map(str, entry.seeds))
    return {**others, "method": str(method.get("name", "")), **settings, "seeds": seeds}


def _text(value: object) -> str:
    return "none" if value is None else str(value)


def _why_equal(entries: Sequence[tuple[str, Entry]]) -> str:
    if len({frozenset(entry.results) for _, entry in entries}) == 1:
        return (
            "the same cells with other results; querycurve compare, of the two stores, says where"
        )
    return (
        "equal settings, but other cells, such as of another version of the method, or measured "
        "at other queries"
    )


def _together(entries: Sequence[tuple[str, Entry]]) -> str:
    return " and ".join(name for name, _ in entries)
