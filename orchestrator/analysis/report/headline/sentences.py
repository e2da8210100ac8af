"""The headline of a report: who leads, what that is worth, and what was run for it.

Every percentage is one that a table of the report shows, rounded as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.analysis.at_queries import budget_of
from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.regret import regrets_of
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.headline.lead import lead_words
from orchestrator.analysis.report.headline.work import work_words
from orchestrator.analysis.runs import ZERO_SHOT, Contender, Run
from orchestrator.analysis.search_verdict import counted_queries, verdict
from orchestrator.analysis.standings import Standing, Standings, nothing_words
from orchestrator.answers import ALL
from orchestrator.console import counted

MOST_SHOTS = 3
"""Numbers of shots with a sentence each; of more, the least and the most."""

MOST_SWEEPS = 3
"""Fields of an ablation with a sentence each."""

WHOLE = 0.95
"""Share of the budget that a method must have spent to need no word on it."""

ALIKE = 1.5
"""Ratio of images a query up to which mini-batches count as equal."""


def headline_of(comparison: Comparison) -> tuple[str, ...]:
    """What a report found, in a sentence or two for each question that the spec asks.

    Returns:
        Paragraphs; the last one says what was run, when, and how long that took.
    """
    told = (*_comparisons(comparison), *_ablation(comparison), *_search(comparison))
    return tuple(filter(None, (*told, work_words(comparison))))


def _comparisons(comparison: Comparison) -> Iterator[str]:
    if not comparison.runs:
        yield "No cell has finished with an accuracy, so there is nothing to compare yet."
        return
    shots = comparison.shots
    shown = shots if len(shots) <= MOST_SHOTS else (shots[0], shots[-1])
    for count in shown:
        standings = comparison.standings[count]
        if standings is None:
            begin = _with(comparison, count)
            yield _capital(f"{begin}{nothing_words(comparison.at(count))}.")
        else:
            yield " ".join(_of_shots(comparison, standings))
    if len(shown) < len(shots):
        yield f"{len(shots) - len(shown)} more numbers of shots are below."


def _with(comparison: Comparison, shots: int) -> str:
    """Begins a sentence on one of several numbers of shots."""
    return f"With {counted(shots, 'shot')}, " if len(comparison.shots) > 1 else ""


def _of_shots(comparison: Comparison, standings: Standings) -> Iterator[str]:
    """Who leads in each track, then what a reader must know to judge it."""
    tracks: dict[str, list[Standing]] = {}
    for one in standings.found:
        tracks.setdefault(comparison.track(one.who.method), []).append(one)
    plain = tracks.pop("plain box", [])
    if plain:
        yield _capital(f"{_with(comparison, standings.shots)}{_told(comparison, standings, plain)}")
        yield from _sure(comparison, standings, plain)
    for others in tracks.values():
        best = others[0]
        yield (
            f"Of methods that change inner layers, as no black box allows, {best.who.method} "
            f"{'leads' if len(others) > 1 else 'ends'} with {best.shown} %."
        )
    yield from _caveats(comparison, standings)


def _told(comparison: Comparison, standings: Standings, plain: Sequence[Standing]) -> str:
    """The leader, who follows, and zero-shot."""
    first, base = plain[0], next((one for one in plain if one.who.method == ZERO_SHOT), None)
    note = f" ({standings.note})" if standings.note else ""
    trained = [one for one in plain if one.who.shots]
    if not trained:
        place = f"on {standings.place}, " if standings.place else ""
        return f"{place}{first.name} has {first.shown} %{note}; no method that trains is done."
    start = _within(comparison, standings, _named(plain))
    unbeaten = _unbeaten(plain)
    if unbeaten is not None:
        best = _with_queries(comparison, trained[0])
        return (
            f"{start} no method that trains beats {unbeaten.name}, which has {unbeaten.shown} %"
            f"{note}: {best} ends with {trained[0].shown} %."
        )
    zero = f"zero-shot has {base.shown} %" if base else ""
    leader = _with_queries(comparison, first)
    others = [one for one in plain[1:] if one is not base]
    if not others:
        rest = zero or "there is nothing beside it to compare"
        return f"{start} {leader} reaches {first.shown} %{note}; {rest}."
    level = [_with_queries(comparison, one) for one in others if one.shown == first.shown]
    if level:
        rest = f"; {zero}" if zero else ""
        names = f"{', '.join((leader, *level[:-1]))} and {level[-1]}"
        return f"{start} {names} are level with {first.shown} %{note}{rest}."
    follower = _with_queries(comparison, others[0])
    rest = f", {zero}" if zero else ""
    if base is not None and base.rounded > others[0].rounded:
        rest = f", below zero-shot with {base.shown} %"
    return (
        f"{start} {leader} leads with {first.shown} %{note}; {follower} follows with "
        f"{others[0].shown} %{rest}."
    )


def _unbeaten(plain: Sequence[Standing]) -> Standing | None:
    """What doesn't train and that no method is above in the tables; None where one is."""
    fixed = next((one for one in plain if not one.who.shots), None)
    return fixed if fixed is not None and fixed.shown == plain[0].shown else None


def _named(plain: Sequence[Standing]) -> list[Standing]:
    """Those that the sentence speaks of: the first, the next, and zero-shot."""
    base = [one for one in plain if one.who.method == ZERO_SHOT]
    others = [one for one in plain if one not in base]
    return sorted((*others[:2], *base), key=plain.index)


def _sure(comparison: Comparison, standings: Standings, plain: Sequence[Standing]) -> Iterator[str]:
    """How much the lead over the next method is worth; what doesn't train leads no training."""
    if len(plain) > 1 and _unbeaten(plain) is None:
        yield lead_words(comparison, standings, plain[0], plain[1])


def _within(comparison: Comparison, standings: Standings, named: Sequence[Standing]) -> str:
    """The queries that the sentence is about: those of the method that had most of all."""
    exact = not any(_spent(comparison, one.who) for one in named)
    most = budget_of(comparison.at(standings.shots))
    place = f" on {standings.place}" if standings.place else ""
    return f"{'after' if exact else 'within'} {counted_queries(most)}{place}"


def _with_queries(comparison: Comparison, one: Standing) -> str:
    """A method, with its queries where they are others than those of the sentence."""
    told = [_spent(comparison, one.who)]
    found = comparison.search
    if found is not None and found.found == one.who.method:
        told.append(f"after a search of {counted_queries(found.search.queries)}")
    words = ", ".join(filter(None, told))
    return f"{one.name} ({words})" if words else one.name


def _spent(comparison: Comparison, who: Contender) -> str:
    """The queries of a method, where they are fewer than what others had; else empty."""
    runs = [run for run in _runs(comparison, who) if run.trains]
    most = budget_of(comparison.at(who.shots))
    counts = sorted({run.queries for run in runs})
    if not counts or counts[0] >= WHOLE * most:
        return ""
    if len(counts) == 1:
        return counted_queries(counts[0])
    return f"{counts[0]:,} to {counted_queries(counts[-1])}"


def _runs(comparison: Comparison, who: Contender) -> list[Run]:
    return [run for run in comparison.runs if run.contender == who]


def _caveats(comparison: Comparison, standings: Standings) -> Iterator[str]:
    """Where the methods named were not asked or answered alike."""
    if standings.left_out:
        count = len(standings.left_out)
        sets = "1 dataset is" if count == 1 else f"{count} datasets are"
        yield f"{sets} left out, which some method lacks."
    runs = [run for run in comparison.at(standings.shots) if run.shots]
    answers = {run.answers for run in runs}
    if len(answers) > 1:
        yield "Methods were not given the same answers; see Accuracy."
    elif answers - {str(ALL)}:
        yield f"Methods saw no more of each answer than this: {answers.pop()}."
    plain = [one for one in standings.found if comparison.track(one.who.method) == "plain box"]
    named = [one.who for one in _named(plain or standings.found) if one.who.shots]
    sizes = [
        run.images / run.queries
        for who in named
        for run in _runs(comparison, who)
        if run.queries and run.images
    ]
    if sizes and max(sizes) > ALIKE * min(sizes):
        yield f"A query of these methods is about {min(sizes):,.0f} to {max(sizes):,.0f} images."


def _ablation(comparison: Comparison) -> Iterator[str]:
    """What the default of each varied field gives away, over all of its datasets."""
    told = []
    for sweep in comparison.sweeps:
        found = list(regrets_of(sweep))
        if not found or sweep.default is None:
            continue
        regret = found[-1][1]
        field = f"{sweep.title} of {sweep.ablation}"
        if regret.is_default:
            told.append(f"Of {len(sweep.values)} values of {field}, the default is the best.")
        else:
            told.append(
                f"Of {len(sweep.values)} values of {field}, {regret.best.text} is the best tried, "
                f"{interval_text(regret.regret)} points above the default: {regret.verdict}."
            )
    yield from told[:MOST_SWEEPS]
    if len(told) > MOST_SWEEPS:
        yield f"{len(told) - MOST_SWEEPS} more fields are in the section on the ablation."


def _search(comparison: Comparison) -> Iterator[str]:
    if comparison.search is not None:
        text = verdict(comparison.search, comparison.runs)
        if text:
            yield text


def _capital(text: str) -> str:
    """A sentence's first letter; a method's label stays as it is."""
    first, _, rest = text.partition(" ")
    return f"{first.capitalize()} {rest}" if first in _OPENINGS else text


_OPENINGS = frozenset({"after", "within", "on", "no"})
