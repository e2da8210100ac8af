"""The share of targets that each method had reached by when."""

from collections.abc import Iterator

from orchestrator.analysis.charts.chart import PERCENT, Line, LineChart
from orchestrator.analysis.curves import Curve
from orchestrator.analysis.ecdf import LEVELS, ecdfs, targets_on
from orchestrator.analysis.report.blocks import Block, FigureBlock
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections import crowded


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing when no method that trains has a target to reach."""
    for shots in comparison.shots:
        yield from _figure(comparison, shots)


def _figure(comparison: Comparison, shots: int) -> Iterator[FigureBlock]:
    runs = comparison.at(shots)
    shared = comparison.scores[shots].datasets
    gains = comparison.question.gains
    targets = {name: targets_on(runs, name, gains) for name in shared}
    found = ecdfs(runs, targets)
    if not found:
        return
    end = max(run.queries for run in runs)
    lines = tuple(_line(contender.method, comparison, curve) for contender, curve in found.items())
    used = sum(1 for values in targets.values() if values)
    which = (
        f"gains of {', '.join(f'{gain:g}' for gain in gains)} points"
        if gains
        else f"{LEVELS} even steps from zero-shot accuracy (or the lowest start) to the best that "
        f"any method reached there"
    )
    caption = (
        f"Share of (run, target) pairs that each method had reached by then, over {used} "
        f"datasets{comparison.suffix(shots)}; higher and further left is better. Targets: {which}. "
        f"A curve ends level where the rest was never reached within the budget."
    )
    chart = LineChart("queries spent", "targets reached (%)", lines, bounds=PERCENT, end=end)
    if comparison.crowded(shots):
        chart = crowded.ahead(comparison, shots, chart)
        caption = f"{caption} {crowded.FAINT_WORDS}"
    name = f"ecdf{comparison.file_suffix(shots)}"
    yield FigureBlock(name, caption, (chart,))


def _line(method: str, comparison: Comparison, curve: Curve) -> Line:
    percent = tuple(100 * share for share in curve.values)
    return Line(method, comparison.looks[method], curve.queries, percent)
