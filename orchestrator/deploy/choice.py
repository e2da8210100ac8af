"""Finds the cell that a person means: by the beginning of its key, or by words of its title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from benchmarks.quoting import quoted
from orchestrator.cell import Cell
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.recall.stored import StoredCells

_KEY = re.compile(r"[0-9a-f]{1,64}")
_MOST = 10
"""Cells that a message names, at most."""
SHORT = 12
"""Digits of a key that a message shows."""


@dataclass(frozen=True)
class Candidate:
    """A cell that may be meant.

    Attributes:
        key: its key; empty if it has none yet.
        title: dataset, method, shots and seed, with slashes between.
        reason: why it has no result and can't have one; empty if it may.
        planned: the cell of the spec, if there is one.
    """

    key: str
    title: str
    reason: str = ""
    planned: PlannedCell | None = None


def of_plan(plan: Plan) -> list[Candidate]:
    """The cells of a spec, under the labels that it gives them."""
    return [Candidate(cell.key, cell.title, cell.reason, cell) for cell in plan.cells]


def of_store(stored: StoredCells) -> list[Candidate]:
    """All cells of a store that have ended, under the names of their methods."""
    return [Candidate(one.key, _title(one.cell)) for one in stored.all_but(())]


def chosen(text: str, candidates: Sequence[Candidate]) -> Candidate:
    """The one cell that a text names.

    Args:
        text: a key or its beginning, or words of a title such as `zip pocket_dots seed 1`: its
            dataset, method, `N shots` and `seed N` in any order, as many as it takes.
        candidates: cells that may be meant.

    Raises:
        UserError: none is named, or several; names the nearest.
    """
    wanted = text.strip()
    keys = {one.key: one for one in candidates if one.key}
    if _KEY.fullmatch(wanted):
        found = [one for key, one in keys.items() if key.startswith(wanted)]
        if found:
            return _single(found, f"{quoted(text)} begins the keys of", "give more of it")
    words = wanted.replace("/", " ").split()
    named = [one for one in candidates if words and _names(words, one.title)]
    single = list({one.key or one.title: one for one in named}.values())
    if single:
        return _single(single, f"{quoted(text)} names", "say more, or give the beginning of a key")
    raise UserError(f"no cell {quoted(text)}. {_hint(wanted, candidates)}")


def _single(found: Sequence[Candidate], said: str, remedy: str) -> Candidate:
    if len(found) == 1:
        return found[0]
    raise UserError(f"{said} {len(found)} cells: {remedy}.{_listed(found)}")


def _names(words: Sequence[str], title: str) -> bool:
    """Whether words are parts of a title, each of them whole."""
    left = [word.casefold() for word in words]
    parts = [part.casefold().split() for part in title.split(" / ")]
    for part in sorted(parts, key=len, reverse=True):
        starts = range(len(left) - len(part) + 1)
        at = next((start for start in starts if left[start : start + len(part)] == part), None)
        if at is not None:
            del left[at : at + len(part)]
    return not left


def _hint(text: str, candidates: Sequence[Candidate]) -> str:
    titles = {one.title.replace(" / ", " ").casefold(): one for one in candidates}
    if not titles:
        return "The store has no results: run a spec first, or give another --store."
    near = get_close_matches(text.casefold().replace("/", " "), titles, n=3, cutoff=0.5)
    found = [titles[title] for title in near] or _respelt(text, candidates)
    if found:
        return f"Did you mean:{_listed(found)}"
    return (
        "A cell is named by its key or the beginning of it, or by words of its title, such as:"
        f"{_listed(candidates[:3])}"
    )


def _respelt(text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Cells that a text names whose words are spelt as in titles."""
    known = {word for one in candidates for word in one.title.casefold().split()}
    words = text.casefold().replace("/", " ").split()
    spelt = [word for each in words for word in get_close_matches(each, known, n=1)]
    complete = words and len(spelt) == len(words)
    return [one for one in candidates if _names(spelt, one.title)] if complete else []


def _listed(found: Iterable[Candidate]) -> str:
    every = sorted(found, key=lambda one: one.title)
    lines = [f"{one.key[:SHORT] or '-':{SHORT}}  {one.title}" for one in every[:_MOST]]
    more = [f"... and {len(every) - _MOST} more"] if len(every) > _MOST else []
    return "".join(f"\n  {line}" for line in (*lines, *more))


def _title(cell: Cell) -> str:
    """As a plan calls it, with the method's name for its label."""
    if cell.shots == 0:
        return f"{cell.dataset} / {cell.method.name}"
    origin = f" / prompt from {cell.source.dataset}" if cell.source else ""
    return f"{cell.dataset} / {cell.method.name} / {cell.shots} shots / seed {cell.seed}{origin}"
