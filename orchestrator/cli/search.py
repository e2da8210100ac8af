"""A spec's search on the command line: how it is run before the cells, planned and shown."""

from dataclasses import replace
from uuid import uuid4

from orchestrator.analysis.search import Search
from orchestrator.cli.time_view import time_text
from orchestrator.console import output, say, warn_beside_progress
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.plan.pricing import Price, Pricing
from orchestrator.pool.cluster import connected
from orchestrator.pool.options import LaunchOptions, pool_limits, worker_setup
from orchestrator.pool.run_gate import gates
from orchestrator.search.display import SearchDisplay, values_text
from orchestrator.search.plan import PlannedSearch, most_longer_queries
from orchestrator.search.pruned import set_aside_damaged_trials
from orchestrator.search.run import SearchRun
from orchestrator.search.sampler import sampler_of
from orchestrator.search.study import read_search, search_lock, study_place
from orchestrator.store.leases import Leases
from orchestrator.tracking.search_entries import trial_entries
from orchestrator.tracking.session import tracking


def search_first(plan: Plan, found: PlannedSearch, options: LaunchOptions) -> None:
    """Runs what is left of a search, after any other run that is at it.

    Raises:
        UserError: the space is impossible, the sampler's package is missing, no oracle starts, or
            no trial came to its end.
    """
    found.check()
    sampler_of(found.section)  # refused before Ray starts where its package is missing
    set_aside_damaged_trials(found, say)
    if _is_left(found):
        spec, section, store = found.spec, found.section, found.store
        place = study_place(spec, section, store, found.data)
        leases = Leases.of_process(store.storage, run=uuid4().hex)
        with search_lock(place, leases, say):
            found = replace(found, search=read_search(spec, section, store, found.data))
            if _is_left(found):
                found = replace(found, search=_run(plan, found, options))
    search = found.search
    say(search_line(search))
    if search.best is None:
        errors = [trial.error.rstrip(".") for trial in search.trials if trial.error]
        why = f"The last one failed: {errors[-1]}." if errors else "All were pruned or failed."
        raise UserError(
            f"no trial of the search came to its end, so it has no result. {why} Results so far "
            f"are kept."
        )


def show_search_plan(found: PlannedSearch, pricing: Pricing) -> None:
    """What is left of the search and what follows it, at most."""
    section, search = found.section, found.search
    blind = found.plan
    whole = pricing.total(replace(cell, status="new") for cell in blind.cells)
    left = max(0, section.count - search.ended)
    space = ", ".join(section.space)
    how = section.sampler if section.pruner is None else f"{section.sampler}, {section.pruner.name}"
    say(
        f"search: {section.count} trials of {section.method} over {space} ({how}); {left} left, at "
        f"most {_priced(whole, left)}"
    )
    if search.is_over:
        return
    say(
        f"then: {section.found_label} with the settings that were found, at the price of "
        f"{section.method} above"
    )
    if section.equal_queries:
        most = most_longer_queries(found, whole.queries)
        say(
            f"then: {section.longer_label}, {section.method} with as many queries as both "
            f"together: at most {most:,} a dataset and seed (search.equal_queries: false leaves it "
            f"out)"
        )


def show_search_status(found: PlannedSearch) -> None:
    """Trials by state, and the best one."""
    say(search_line(found.search))
    for trial in found.search.trials:
        if trial.state == "failed":
            say(f"failed       trial {trial.number}, {trial.title}: {trial.error}")


def search_line(search: Search) -> str:
    """A search in one line."""
    counts = ", ".join(f"{count} {state}" for state, count in search.counts().items())
    text = f"search of {search.method}: {search.ended} of {search.planned} trials ended"
    text += f" ({counts})" if counts else ""
    if search.best is not None:
        values = values_text(search.best.values)
        text += f"; best so far: {search.best.title}, {values} on validation images"
    return text


def _is_left(found: PlannedSearch) -> bool:
    """Whether anything is left to measure: trials, or the baseline."""
    done = found.store.finished_keys()
    cells = found.baseline().cells
    return not found.search.is_over or any(cell.key not in done for cell in cells)


def _run(plan: Plan, found: PlannedSearch, options: LaunchOptions) -> Search:
    search, store = found.search, found.store
    with tracking(plan, store, options.tracking_uri, warn_beside_progress) as track:
        track(trial_entries(search.trials, search.method, store))
        say(f"searching: {search.ended} of {search.planned} trials are done")
        say("starting Ray and loading the model ...")
        with connected(options.address, say, dashboard=options.dashboard), gates() as gate_to:
            return SearchRun(
                found=found,
                setup=worker_setup(plan, plan.backbone, store, options, gate_to(plan.backbone)),
                limits=pool_limits(options, plan.backbone),
                display=SearchDisplay(search, output),
                on_trial=lambda trial: track(trial_entries([trial], search.method, store)),
            ).run()


def _priced(one: Price, count: int) -> str:
    whole = one.times(count)
    text = f"{whole.queries:,} queries, {whole.images:,} images"
    return text if whole.time is None else f"{text}, {time_text(whole.time)}"
