"""Shows on the terminal what a search will cost, and where it stands."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from orchestrator.analysis.search import Search, short
from orchestrator.pricing import Price, Pricing
from orchestrator.progress import duration
from orchestrator.searching import Searched, longer_budget


def show_search_plan(found: Searched, pricing: Pricing, console: Console) -> None:
    """What is left of the search and what follows it, at most."""
    section, search = found.section, found.search
    blind = found.planner.plan
    whole = pricing.total(replace(cell, status="new") for cell in blind.cells)
    left = max(0, section.count - search.ended)
    space = ", ".join(section.space)
    how = section.sampler if section.pruner is None else f"{section.sampler}, {section.pruner.name}"
    _say(
        f"search: {section.count} trials of {section.method} over {space} ({how}); {left} left, "
        f"at most {_priced(whole, left)}",
        console,
    )
    spec = found.planner.spec
    if search.is_over:
        return
    _say(
        f"then: {section.found_label} with the settings that were found, at the price of "
        f"{section.method} above",
        console,
    )
    if section.equal_queries:
        trials = section.count * whole.queries // len(spec.trained_datasets)
        most = max(longer_budget(spec, search), trials + spec.budget)
        _say(
            f"then: {section.longer_label}, {section.method} with as many queries as both "
            f"together: at most {most:,} a dataset and seed (search.equal_queries: false leaves "
            f"it out)",
            console,
        )


def show_search_status(found: Searched, console: Console) -> None:
    """Trials by state, and the best one."""
    _say(search_line(found.search), console)
    for trial in found.search.trials:
        if trial.state == "failed":
            _say(f"failed       trial {trial.number}, {trial.title}: {trial.error}", console)


def search_line(search: Search) -> str:
    """A search in one line."""
    counts = ", ".join(f"{count} {state}" for state, count in search.counts().items())
    text = f"search of {search.method}: {search.ended} of {search.planned} trials ended"
    text += f" ({counts})" if counts else ""
    if search.best is not None:
        values = ", ".join(
            f"{n.replace('_', ' ')} {short(v)}" for n, v in search.best.values.items()
        )
        text += f"; best so far: {search.best.title}, {values} on validation images"
    return text


def _priced(one: Price, count: int) -> str:
    text = f"{count * one.queries:,} queries, {count * one.images:,} images"
    if one.seconds is not None:
        text += f", {duration(count * one.seconds)} of one actor"
    return text


def _say(text: str, console: Console) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
