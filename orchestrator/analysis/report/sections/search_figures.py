"""Figures of a search: how good it had become by when, and what each setting had to do with it."""

from collections.abc import Iterator
from typing import Any

from orchestrator.analysis.charts.chart import PERCENT, Line, LineChart, ValueChart
from orchestrator.analysis.charts.palette import NEUTRAL, Look
from orchestrator.analysis.report.blocks import FigureBlock
from orchestrator.analysis.search import Search, SearchFindings, SearchTrial, short

COMPLETE, PRUNED, BEST = "complete", "pruned", "best"
LOOKS = {
    COMPLETE: Look("#0072B2", "solid"),
    PRUNED: Look(NEUTRAL.colour, "dot"),
    BEST: Look("#D55E00", "solid"),
}
_TITLES = {
    "accuracy": "validation accuracy (%)",
    "area": "mean validation accuracy over queries (%)",
    "queries_to_target": "queries until the target",
}


def figures_of(findings: SearchFindings) -> Iterator[FigureBlock]:
    """Progress, then one figure a searched setting; nothing that would hold a single point."""
    search = findings.search
    if len(search.best_so_far(findings.objectives[0]).queries) > 1:
        yield _progress(findings)
    if sum(_height(trial, findings) is not None for trial in search.trials) > 1:
        for name in search.trials[0].point:
            yield _setting(name, findings)


def _progress(findings: SearchFindings) -> FigureBlock:
    name, method = findings.objectives[0], findings.search.method
    curve = findings.search.best_so_far(name)
    own = findings.baseline.get(name)
    label = "best so far"
    chart = LineChart(
        x_title="queries spent by the search",
        y_title=_TITLES[name],
        lines=(Line(label, LOOKS[BEST], curve.queries, curve.values),),
        levels=() if own is None else ((f"{method} (baseline)", own),),
        bounds=_bounds(name),
    )
    caption = (
        "The best complete trial so far over the queries of all trials, in order of suggestion; "
        "pruned and failed ones spend queries too. Where the line has long been level, further "
        "trials found nothing better."
    )
    if own is not None:
        caption += f" Dotted: the baseline, {method} as the spec has it, on the same images."
    return FigureBlock("search_progress", caption, (chart,))


def _setting(name: str, findings: SearchFindings) -> FigureBlock:
    search, objective = findings.search, findings.objectives[0]
    values = [trial.point[name] for trial in search.trials]
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    choices = () if numeric else tuple(dict.fromkeys(values))
    lines = tuple(line for state in LOOKS if (line := _dots(state, name, choices, findings)).x)
    chart = ValueChart(
        x_title=f"{name} of {search.method}",
        y_title=_TITLES[objective],
        lines=lines,
        ticks=tuple((float(place), short(value)) for place, value in enumerate(choices)),
        log=name in findings.logarithmic,
        joined=False,
        bounds=_bounds(objective),
    )
    caption = (
        f"One dot per trial: its {name}, and the objective that it reached. The other searched "
        f"settings differ from dot to dot as well, and the sampler looks more often where it was "
        f"good, so dots show where good trials lie, and not what {name} does by itself."
    )
    if any(line.label == PRUNED for line in lines):
        caption += (
            " Rings: pruned trials where they were ended, after fewer queries than the others, so "
            "their heights compare with nothing."
        )
    return FigureBlock(f"search_{name}", caption, (chart,))


def _dots(state: str, name: str, choices: tuple[Any, ...], findings: SearchFindings) -> Line:
    """The trials of one state, from left to right."""
    dots = []
    for trial in findings.search.trials:
        height = _height(trial, findings)
        if height is not None and _state(trial, findings.search) == state:
            value = trial.point[name]
            dots.append((float(choices.index(value) if choices else value), height))
    dots.sort()
    return Line(
        label=state,
        look=LOOKS[state],
        x=tuple(place for place, _ in dots),
        y=tuple(height for _, height in dots),
        main=state == BEST,
        hollow=state == PRUNED,
    )


def _state(trial: SearchTrial, search: Search) -> str:
    return BEST if trial == search.best else trial.state


def _height(trial: SearchTrial, findings: SearchFindings) -> float | None:
    return trial.values.get(findings.objectives[0], trial.last)


def _bounds(objective: str) -> tuple[float, float] | None:
    return None if objective == "queries_to_target" else PERCENT
