"""What a search found: how nearly optimal the settings were that it started from."""

from collections.abc import Iterator

from orchestrator.analysis.intervals import MeanInterval, interval_text, mean_interval
from orchestrator.analysis.report.blocks import Block, TableBlock, TableCell, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections.search_figures import figures_of
from orchestrator.analysis.search import Search, SearchFindings, is_as_good, short
from orchestrator.analysis.search_verdict import Tested, difference, tested_on, verdict


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


def _tested(comparison: Comparison, findings: SearchFindings) -> Iterator[Block]:
    """The method before the search, after it, and with all of its queries; then the verdict."""
    tested = tested_on(findings, comparison.runs)
    if not tested:
        return
    base, found = findings.search.method, findings.found
    longer = next((run.method for run in findings.longer), "")
    caption = (
        f"Test accuracy in percent of {base} as the spec has it and with the settings that the "
        f"search found ({found}); mean and 95 % t-interval over seeds. Over: the method's accuracy "
        f"minus that of the method in the title, paired by seed, in points."
    )
    if longer:
        caption += (
            f" {longer} is {base} as the spec has it with as many queries as the search and one "
            f"run of {found} have spent together on the dataset: what these are worth without a "
            f"search."
        )
    if len(tested) > 1:
        caption += (
            " Mean: each seed is averaged over datasets, so its interval says what another seed "
            "would change, not what other datasets would."
        )
    header = ("dataset", "method", "queries of a run", "accuracy", f"over {base}", f"over {found}")
    rows = (row for one in tested for row in _ways(one, (base, found, longer)))
    yield TableBlock("search_tested", caption, header, tuple(rows), numeric_from=2)
    yield Text(verdict(findings, comparison.runs))


def _ways(one: Tested, labels: tuple[str, str, str]) -> Iterator[tuple[str, ...]]:
    """A row for each way that has run."""
    ways = (one.base, one.found, one.longer)
    for label, way, queries in zip(labels, ways, one.queries, strict=True):
        if not way:
            continue
        yield (
            one.where,
            label,
            f"{queries:,}" if queries else "-",
            _text(mean_interval([*way.values()])),
            "-" if way is one.base else _text(difference(way, one.base)),
            "-" if way is one.found else _text(difference(way, one.found)),
        )


def _text(interval: MeanInterval | None) -> str:
    return "-" if interval is None else interval_text(interval)


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
