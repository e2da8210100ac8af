"""Paired tests over datasets at given numbers of queries."""

from collections.abc import Iterator, Mapping, Sequence

from orchestrator.analysis.report.blocks import Block, TableBlock, TableCell, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores
from orchestrator.analysis.significance import (
    ALPHA,
    Pair,
    Significance,
    against_others,
    against_the_best,
)

SIGNIFICANT = "†"

Tests = Mapping[int, Sequence[Significance]]
"""By number of queries; one of each track, unless the spec names what is compared."""


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing where no method trains, or where there are too few datasets to test."""
    for shots in comparison.shots:
        tests = {
            step: tuple(_tests(comparison, scores))
            for step, scores in comparison.scores_at[shots].items()
        }
        if any(one.pairs for found in tests.values() for one in found):
            yield from _blocks(comparison, shots, tests)
        elif comparison.question.against:
            reasons = (one.reason for found in tests.values() for one in found)
            yield from (Text(reason, "note") for reason in dict.fromkeys(reasons) if reason)


def _tests(comparison: Comparison, scores: Scores) -> Iterator[Significance]:
    """What the spec asks; else the best of each track against the others of that."""
    asked = comparison.question
    named = {who.method: who for who in scores.values}
    if asked.reference is None:
        found = comparison.by_track(scores).values()
        yield from (against_the_best(mine) for mine in found if len(mine.values) > 1)
        return
    reference = named.get(asked.reference)
    if reference is None:
        return
    track = comparison.track(reference.method)
    others = asked.against or [label for label in sorted(named) if comparison.track(label) == track]
    rivals = [named[label] for label in others if label in named and label != reference.method]
    pair = scores.among([reference, *rivals])
    yield against_others(pair, reference, rivals)


def _blocks(comparison: Comparison, shots: int, tests: Tests) -> Iterator[Block]:
    tested = {who for found in tests.values() for one in found for who in one.pairs}
    last = comparison.scores_at[shots][comparison.at_queries[-1]]
    contenders = [who for who in comparison.by_mean(last) if who in tested]
    body: list[tuple[TableCell | str, ...]] = [
        (
            comparison.marked(who.method),
            *(TableCell(*_cell(found, who)) for found in tests.values()),
        )
        for who in contenders
    ]
    yield TableBlock(
        f"tests_at_queries{comparison.file_suffix(shots)}",
        _caption(comparison, shots, tests),
        ("ahead of", *(f"{step:,} queries" for step in tests)),
        tuple(body),
        row_groups=comparison.column_groups(contenders),
    )
    for note in dict.fromkeys(_notes(comparison, tests)):
        yield Text(note, "note")


def _cell(found: Sequence[Significance], who: Contender) -> tuple[str, bool, str]:
    """Text, whether it is in bold, and mark."""
    for one in found:
        if who == one.best:
            return "best", True, ""
        if who in one.pairs:
            pair = one.pairs[who]
            return _text(pair), False, SIGNIFICANT if pair.significant else ""
    return "-", False, ""


def _text(pair: Pair) -> str:
    return f"{pair.difference:+.1f}, {pair.better}:{pair.worse}, {_p_text(pair.corrected)}"


def _p_text(value: float) -> str:
    return f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def _caption(comparison: Comparison, shots: int, tests: Tests) -> str:
    asked = comparison.question
    counts = sorted({one.datasets for found in tests.values() for one in found if one.pairs})
    first = asked.reference or "the best method at each number of queries"
    return (
        f"How far {first} is ahead of the method in the row, within so many "
        f"queries{comparison.suffix(shots)}: points, mean over {' or '.join(map(str, counts))} "
        f"datasets, negative where it is behind; then on how many datasets it is ahead, and on how "
        f"many behind; then p of a paired Wilcoxon test over datasets of means over seeds, "
        f"two-sided, with Holm's correction over all tests of a column"
        f"{_track_words(comparison)}. {SIGNIFICANT}: p below {ALPHA:g}. {_origin(comparison)}"
    )


def _track_words(comparison: Comparison) -> str:
    several = comparison.several_tracks and comparison.question.reference is None
    return ", within a track" if several else ""


def _origin(comparison: Comparison) -> str:
    """Why these were tested."""
    if comparison.question.against:
        return "The spec names what is tested; nothing else was."
    return "Which method is best was seen in the same results, which favours it a little."


def _notes(comparison: Comparison, tests: Tests) -> Iterator[str]:
    advice = (
        "A spec may name what it was made to test, before it is run: `reference`, `against` and "
        "`at` under `report`."
    )
    for found in tests.values():
        for one in found:
            if one.beyond_reach:
                few = not comparison.question.against
                yield f"{one.beyond_reach} {advice}" if few else one.beyond_reach
