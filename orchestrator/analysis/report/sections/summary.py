"""Final accuracy of every method on every dataset, and what can be said of their differences."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from orchestrator.analysis.access import TRANSLUCENT_WORDS, UNLABELLED_WORDS
from orchestrator.analysis.report.blocks import (
    Block,
    TableBlock,
    TableCell,
    Text,
    interval_cells,
)
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.mean_cells import BRACKETS, mean_cells
from orchestrator.analysis.runs import Contender, Run
from orchestrator.analysis.scores import Scores
from orchestrator.analysis.significance import ALPHA, Significance, against_the_best
from orchestrator.answers import ALL

WORSE = "†"

MOST_LISTED = 8
"""p-values that a caption lists."""


def blocks(comparison: Comparison) -> Iterator[Block]:
    """One table for each number of shots."""
    for text in _standing(comparison):
        yield Text(text, "warning")
    for shots in comparison.shots if comparison.runs else ():
        yield from _table(comparison, shots)


def _standing(comparison: Comparison) -> Iterator[str]:
    """What a reader must know before reading anything else."""
    if not comparison.runs:
        yield "No cell has finished with an accuracy, so there is nothing to compare."
    failed = len(comparison.failures) + len(comparison.unsound)
    if failed:
        yield f"{_cells(failed)} failed; see Failures. Nothing below includes them."
    missing = len(comparison.missing)
    if missing:
        some = f"{_cells(missing)} of the plan {'has' if missing == 1 else 'have'}"
        yield f"{some} no result yet, so this is what is known so far."
    for remark in comparison.remarks:
        yield f"{remark[0].upper()}{remark[1:]}."
    for what, reason in comparison.skipped:
        yield f"skipped: {what}: {reason}"
    for label, other in sorted({(r.method, r.same_as) for r in comparison.runs if r.same_as}):
        yield (
            f"{label} has the settings of {other}: they share their cells, which were run once and "
            f"count for both."
        )


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _table(comparison: Comparison, shots: int) -> Iterator[Block]:
    scores = comparison.scores[shots]
    names = sorted({name for values in scores.values.values() for name in values})
    upright = comparison.upright(shots)
    contenders = comparison.by_mean(scores) if upright else comparison.in_order(scores.values)
    tracks = [comparison.track(who.method) for who in contenders]
    rows = {(row.group.dataset, row.group.contender): row.accuracy for row in comparison.rows}
    body: list[tuple[TableCell | str, ...]] = [
        (name, *interval_cells([rows.get((name, contender)) for contender in contenders], tracks))
        for name in names
    ]
    tested = _tests(comparison, shots)
    if len(scores.datasets) > 1:
        body.append(_mean_row(scores, contenders, tracks, tested))
    header = ("dataset", *(comparison.marked(contender.method) for contender in contenders))
    table = TableBlock(
        f"accuracy{comparison.file_suffix(shots)}",
        _caption(comparison, shots, scores, tested),
        header,
        tuple(body),
        column_groups=("", *comparison.column_groups(contenders)),
        title=f"accuracy after the last query (%){comparison.suffix(shots)}",
        summary=True,
    )
    yield table.turned("method") if upright else table
    notes = (note for one in tested for note in (one.reason, one.beyond_reach) if note)
    for note in dict.fromkeys(notes):
        yield Text(note, "note")


def _tests(comparison: Comparison, shots: int) -> list[Significance]:
    """Tests within each track; of several, those with one method have nothing to be tested."""
    found = comparison.tracks(shots).values()
    several = [scores for scores in found if len(scores.values) > 1]
    return [against_the_best(scores) for scores in several or found]


def _mean_row(
    scores: Scores,
    contenders: Sequence[Contender],
    tracks: Sequence[str],
    tested: Sequence[Significance],
) -> tuple[TableCell | str, ...]:
    worse = {who for who in contenders if any(one.worse(who) for one in tested)}
    cells = (
        replace(cell, mark=WORSE if who in worse else "")
        for who, cell in zip(contenders, mean_cells(scores, contenders, tracks), strict=True)
    )
    return (f"mean of {len(scores.datasets)}", *cells)


def _caption(
    comparison: Comparison, shots: int, scores: Scores, tested: Sequence[Significance]
) -> str:
    said = [
        f"Test accuracy in percent after the last query{comparison.suffix(shots)}; never the best "
        f"on the way. The best of each dataset is in bold. {_seeds(comparison, shots)}",
        comparison.order_words(shots, "mean accuracy"),
    ]
    if comparison.several_tracks:
        said.append(TRANSLUCENT_WORDS)
    if any(comparison.marked(run.method) != run.method for run in comparison.at(shots)):
        said.append(UNLABELLED_WORDS)
    if any(run.protocol == "base_to_new" for run in comparison.runs):
        said.append("Base classes alone: those that were trained on.")
    if any(run.transferred for run in comparison.runs):
        said.append("The mean includes the source; that of the next section does not.")
    if len(scores.datasets) > 1:
        said.append(BRACKETS)
    said += _answers(comparison.at(shots))
    if scores.left_out:
        said.append(f"The mean leaves out {', '.join(scores.left_out)}, which some method lacks.")
    p_values = [f"{who.method} p = {p:.3g}" for one in tested for who, p in one.p_values.items()]
    if p_values:
        listed = f" ({', '.join(p_values)})" if len(p_values) <= MOST_LISTED else ""
        said.append(
            f"{WORSE}: worse than the best mean, by a paired Wilcoxon test over datasets with "
            f"Holm's correction at {ALPHA:g}{listed}."
        )
    return " ".join(said)


def _answers(runs: Iterable[Run]) -> Iterator[str]:
    """What methods saw of the black box, where some saw less than its logits."""
    found: dict[str, dict[str, None]] = {}
    for run in runs:
        if run.shots:
            found.setdefault(run.answers, {})[run.method] = None
    if set(found) <= {str(ALL)}:
        return
    told = "; ".join(f"{words}: {', '.join(labels)}" for words, labels in found.items())
    yield (
        f"What the black box told methods: {next(iter(found)) if len(found) == 1 else told}. "
        f"Accuracy is measured on all of its scores, but for readouts, which get what their method "
        f"got."
    )


def _seeds(comparison: Comparison, shots: int) -> str:
    counts = {row.accuracy.count for row in comparison.rows if row.group.shots == shots != 0}
    if not counts:
        return "Each was measured once."
    if counts == {1}:
        return "There is one seed, so there are no intervals, and differences may be chance."
    words = " or ".join(str(count) for count in sorted(counts))
    return f"±: 95 % t-interval over n = {words} seeds; methods without training have none."
