"""What a search found: how nearly optimal the settings were that it started from."""

from collections.abc import Iterable, Iterator, Mapping

from orchestrator.analysis.intervals import interval_text, mean_interval
from orchestrator.analysis.report.blocks import Block, TableBlock, TableCell, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections.search_figures import figures_of
from orchestrator.analysis.runs import Run
from orchestrator.analysis.search import Search, SearchFindings, is_as_good, short


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing without a search, or before its first trial."""
    findings = comparison.search
    if findings is not None and findings.search.trials:
        yield Text(_course(findings.search))
        yield Text(_regret(findings))
        yield from figures_of(findings)
        yield from _tested(comparison, findings)
        yield _trials(findings)


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
        f"the same images: a regret of {short(abs(value - own))}{favour}. Part of the best "
        f"trial's lead is luck; the test accuracies below show how much of it remains."
    )


def _tested(comparison: Comparison, findings: SearchFindings) -> Iterator[TableBlock]:
    """The baseline, the method with the settings found, and the baseline with all queries."""
    base, found = findings.search.method, findings.found
    rows = []
    for dataset in comparison.datasets:
        here = [run for run in comparison.runs if run.dataset == dataset]
        before = _by_seed(run for run in here if run.method == base)
        after = _by_seed(run for run in here if run.method == found)
        if not before or not after:
            continue
        row = [dataset, _mean(before), _mean(after), _difference(after, before)]
        if findings.longer:
            longer = [run for run in findings.longer if run.dataset == dataset]
            spent = f"{max(run.queries for run in longer):,}" if longer else "-"
            row += [_mean(_by_seed(longer)), _difference(after, _by_seed(longer)), spent]
        rows.append(tuple(row))
    if not rows:
        return
    header = ["dataset", base, found, "regret"]
    caption = (
        f"Test accuracy in percent, mean and 95 % t-interval over seeds. Regret: {found} minus "
        f"{base}, paired by seed."
    )
    if findings.longer:
        header += [f"{base}, all queries", "at equal queries", "queries"]
        caption += (
            f" At equal queries: {found} minus {base} with as many queries as search and one run "
            f"of {found} have spent together on the dataset."
        )
    yield TableBlock("search_tested", caption, tuple(header), tuple(rows))


def _by_seed(runs: Iterable[Run]) -> dict[int, float]:
    return {run.seed: run.accuracy for run in runs if run.accuracy is not None}


def _mean(accuracies: Mapping[int, float]) -> str:
    return interval_text(mean_interval([*accuracies.values()])) if accuracies else "-"


def _difference(first: Mapping[int, float], second: Mapping[int, float]) -> str:
    return _mean({seed: first[seed] - second[seed] for seed in sorted({*first} & {*second})})


def _trials(findings: SearchFindings) -> TableBlock:
    names = list(findings.search.trials[0].point)
    header = ["trial", *names, *(name.replace("_", " ") for name in findings.objectives)]
    rows = []
    for trial in findings.search.trials:
        point = (short(trial.point[name]) for name in names)
        values = (
            TableCell(short(trial.values[name]), best=trial == findings.search.best)
            if name in trial.values
            else "-"
            for name in findings.objectives
        )
        rows.append((str(trial.number), *point, *values, trial.state, f"{trial.queries:,}"))
    caption = "All trials in order of suggestion; objectives are measured on validation images."
    return TableBlock("search_trials", caption, (*header, "state", "queries"), tuple(rows))
