"""What a search found: how nearly optimal the settings were that it started from."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.analysis.intervals import interval_text, mean_interval
from orchestrator.analysis.report.blocks import Section, TableBlock, TableCell, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections.search_figures import figures_of
from orchestrator.analysis.runs import Run
from orchestrator.analysis.search import Search, SearchFindings, SearchTrial, is_as_good, short

TITLE = "Search"


def section(comparison: Comparison) -> Section | None:
    """None without a search, or before its first trial."""
    findings = comparison.search
    if findings is None or not findings.search.trials:
        return None
    texts = (Text(_course(findings.search)), Text(_regret(findings)))
    tested = _tested(comparison, findings)
    tables = (_trials(findings),) if tested is None else (tested, _trials(findings))
    return Section(TITLE, (*texts, *figures_of(findings), *tables))


def _course(search: Search) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in search.counts().items())
    return (
        f"{search.ended} of {search.planned} trials of {search.method} ended ({counts}), for "
        f"{search.queries:,} queries. They saw validation images alone, of other seeds than the "
        f"comparison's. Pruned trials were ended early and are compared with nothing."
    )


def _regret(findings: SearchFindings) -> str:
    best, name = findings.search.best, findings.objectives[0]
    if best is None:
        return "No trial came to its end yet."
    title, value = name.replace("_", " "), best.values[name]
    text = f"The best trial is {best.number}: {best.title}, with {title} {short(value)}."
    if name not in findings.baseline:
        return text
    own = findings.baseline[name]
    favour = "" if is_as_good(name, value, own) else " in its favour"
    return (
        f"{text} The baseline, {findings.search.method} as the spec has it, has {short(own)} on "
        f"the same images: a regret of {short(abs(value - own))}{favour}. The best of many trials "
        f"is lucky as well as good; how much of it holds, the test below tells."
    )


def _tested(comparison: Comparison, findings: SearchFindings) -> TableBlock | None:
    """The baseline, the method with the settings found, and the baseline with all queries."""
    base, found = findings.search.method, findings.found
    rows = []
    for dataset in comparison.datasets:
        here = [run for run in comparison.runs if run.dataset == dataset]
        before, after = _by_seed(here, base), _by_seed(here, found)
        longer = _by_seed(findings.longer, "", dataset)
        if before and after:
            rows.append(
                (
                    dataset,
                    _mean(before),
                    _mean(after),
                    _difference(after, before),
                    _mean(longer),
                    _difference(after, longer),
                    _queries(findings.longer, dataset),
                )
            )
    if not rows:
        return None
    caption = (
        f"Test accuracy in percent, mean and 95 % t-interval over seeds. Regret: {found} minus "
        f"{base}, paired by seed."
    )
    if findings.longer:
        caption += (
            f" At equal queries: {found} minus {base} with as many queries as search and one run "
            f"of {found} have spent together on the dataset."
        )
    header = (
        "dataset",
        base,
        found,
        "regret",
        f"{base}, all queries",
        "at equal queries",
        "queries",
    )
    shown = len(header) if findings.longer else 4
    cut = tuple(row[:shown] for row in rows)
    return TableBlock("search_tested", caption, header[:shown], cut)


def _by_seed(runs: Sequence[Run], method: str, dataset: str = "") -> dict[int, float]:
    return {
        run.seed: run.accuracy
        for run in runs
        if run.accuracy is not None
        and (not method or run.method == method)
        and (not dataset or run.dataset == dataset)
    }


def _mean(accuracies: dict[int, float]) -> str:
    return interval_text(mean_interval(list(accuracies.values()))) if accuracies else "-"


def _difference(first: dict[int, float], second: dict[int, float]) -> str:
    shared = sorted(set(first) & set(second))
    if not shared:
        return "-"
    return interval_text(mean_interval([first[seed] - second[seed] for seed in shared]))


def _queries(runs: Sequence[Run], dataset: str) -> str:
    spent = [run.queries for run in runs if run.dataset == dataset]
    return f"{max(spent):,}" if spent else "-"


def _trials(findings: SearchFindings) -> TableBlock:
    names = list(findings.search.trials[0].point)
    header = ("trial", *names, *(n.replace("_", " ") for n in findings.objectives), "state")
    rows = tuple(_trial(trial, names, findings) for trial in findings.search.trials)
    caption = "All trials in order of suggestion; objectives are measured on validation images."
    return TableBlock("search_trials", caption, (*header, "queries"), rows)


def _trial(
    trial: SearchTrial, names: Sequence[str], findings: SearchFindings
) -> tuple[TableCell | str, ...]:
    best = trial == findings.search.best
    values = (
        TableCell(short(trial.values[name]), best) if name in trial.values else "-"
        for name in findings.objectives
    )
    point = (short(trial.point[name]) for name in names)
    return (str(trial.number), *point, *values, trial.state, f"{trial.queries:,}")
