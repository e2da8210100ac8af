"""Runs a spec's search before its cells: cluster, oracles, tracking, and what is told."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from uuid import uuid4

from rich.console import Console

from orchestrator.analysis.search import Search, SearchTrial
from orchestrator.cluster import ClusterChoice, connected
from orchestrator.errors import UserError
from orchestrator.launch import LaunchOptions, pool_limits, tracking_thread, worker_setup
from orchestrator.leases import Leases
from orchestrator.plan import Plan
from orchestrator.search.display import SearchDisplay
from orchestrator.search.run import SearchRun
from orchestrator.search.salvage import set_aside_damaged_trials
from orchestrator.search.sampler import sampler_of
from orchestrator.search.study import read_search, study_place
from orchestrator.search.tracking import entries_of, trial_entries
from orchestrator.search.turns import own_turn
from orchestrator.search.view import search_line
from orchestrator.searching import Searched
from orchestrator.store import Store


def search_first(
    plan: Plan, found: Searched, store: Store, options: LaunchOptions, console: Console
) -> None:
    """Runs what is left of a search, after any other run that is at it.

    Raises:
        UserError: the space is impossible, the sampler's package is missing, no oracle starts, or
            no trial came to its end.
    """
    found.planner.check()
    sampler_of(found.section)  # refused before Ray starts where its package is missing
    set_aside_damaged_trials(found, store, lambda text: _say(text, console))
    if _is_left(found, store):
        spec = found.planner.spec
        place = study_place(spec, found.section, store)
        leases = Leases.of_process(store.storage, run=uuid4().hex)
        with own_turn(place, leases, lambda text: _say(text, console)):
            found = replace(found, search=read_search(spec, found.section, store))
            if _is_left(found, store):
                found = replace(found, search=_run(plan, found, store, options, console))
    search = found.search
    _say(search_line(search), console)
    if search.best is None:
        raise UserError(
            f"no trial of the search came to its end, so it has no result. {_why(search)} "
            f"Results so far are kept."
        )


def _is_left(found: Searched, store: Store) -> bool:
    """Whether anything is left to measure: trials, or the method as it stands."""
    done = store.finished_keys()
    cells = found.planner.as_it_stands().cells
    return not found.search.is_over or any(cell.key not in done for cell in cells)


def _run(
    plan: Plan, found: Searched, store: Store, options: LaunchOptions, console: Console
) -> Search:
    search = found.search
    with ExitStack() as stack:
        tracking = stack.enter_context(tracking_thread(plan, store, options, console))
        if tracking is not None:
            for entry in trial_entries(search, store):
                tracking.submit(entry)

        def track(trial: SearchTrial) -> None:
            if tracking is not None:
                for entry in entries_of(trial, search.method, store):
                    tracking.submit(entry)

        console.print(f"searching: {search.ended} of {search.planned} trials are done")
        console.print("starting Ray and loading the model ...", highlight=False)
        stack.enter_context(connected(ClusterChoice(options.address)))
        return SearchRun(
            planner=found.planner,
            setup=worker_setup(plan, plan.backbone, store, options),
            limits=pool_limits(options),
            display=SearchDisplay(search, console),
            on_trial=track,
        ).run()


def _say(text: str, console: Console) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _why(search: Search) -> str:
    errors = [trial.error for trial in search.trials if trial.error]
    return f"The last one failed: {errors[-1]}." if errors else "All were pruned or failed."
