"""The Optuna study of a search: where it is kept, its trials as plain records, and its lock."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import optuna
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as State

from orchestrator.analysis.search import Search, SearchTrial, TrialState
from orchestrator.cell import canonical_json
from orchestrator.errors import UserError
from orchestrator.search.objective import Goal
from orchestrator.search.study_place import StudyPlace
from orchestrator.spec.published import published
from orchestrator.spec.search import SearchSpec
from orchestrator.spec.spec import Spec
from orchestrator.store.leases import Leases
from orchestrator.store.sqlite_address import absolute_url, sqlite_url
from orchestrator.store.store import Store

QUERIES, KEYS, ERROR = "queries", "keys", "error"
"""Names under which a study's trials note what Optuna has no place for."""

PAUSE = 2.0
"""Seconds between two checks whether the other run of a search has ended."""

_STATES: dict[State, TrialState] = {
    State.COMPLETE: "complete",
    State.PRUNED: "pruned",
    State.FAIL: "failed",
    State.RUNNING: "running",
}

optuna.logging.set_verbosity(optuna.logging.ERROR)


def study_place(spec: Spec, search: SearchSpec, store: Store, data: str = "") -> StudyPlace:
    """Where a spec's study is kept: in the store unless the spec says otherwise.

    Args:
        spec: the whole spec.
        search: its search section.
        store: where results lie.
        data: digest of the images that trials use; "" for datasets that come with the project.

    Raises:
        UserError: the store is no folder, and the spec names no storage.
    """
    url = search.storage
    if url is None:
        location = store.storage.location
        if "://" in location:
            raise UserError(
                f"a study can't be kept in the store {location}: give a database in search.storage."
            )
        url = sqlite_url(Path(location) / "search" / f"{spec.name}.db")
    url = absolute_url(url) or url
    return StudyPlace(url, f"{spec.name}-{_fingerprint(spec, search, data)}")


def read_search(spec: Spec, search: SearchSpec, store: Store, data: str = "") -> Search:
    """A spec's search as far as it has come; arguments are those of `study_place`.

    Raises:
        UserError: the study can't be read.
    """
    place, label = study_place(spec, search, store, data), search.method
    if not place.exists:
        return Search(label, search.count, ())
    storage = place.storage()
    with place.readable():
        try:
            study = optuna.load_study(study_name=place.name, storage=storage)
        except KeyError:
            return Search(label, search.count, ())
        return search_of(study, search)


def search_of(study: optuna.Study, search: SearchSpec) -> Search:
    """A study's trials as records, and the best one."""
    goal = Goal.of(search)
    frozen = study.get_trials(deepcopy=False)
    trials = tuple(_record(trial, goal) for trial in frozen if is_whole(trial, search))
    best = _best(trials, study, goal)
    return Search(search.method, search.count, trials, best)


def is_whole(trial: FrozenTrial, search: SearchSpec) -> bool:
    """Whether all its settings had been drawn before whatever ended it."""
    return set(trial.params) == set(search.space)


def lock_name(place: StudyPlace) -> str:
    """Name of the lease that whoever runs a search holds."""
    return f"search-{place.name}"


@contextmanager
def search_lock(place: StudyPlace, leases: Leases, say: Callable[[str], None]) -> Iterator[None]:
    """Keeps other runs from a search until the block ends; first waits until none is at it.

    The lock is a lease in the store, where all runs on it meet, wherever the study is kept. After
    the wait, the study has to be read again: the other run has changed it.

    Args:
        place: the search's study, whose name is the lock's.
        leases: on behalf of this run.
        say: told once whom it waits for.
    """
    name, told = lock_name(place), False
    while True:
        with leases.held(name) as lease:
            if lease is not None:
                yield
                return
        if not told:
            say(_waiting(leases, name))
            told = True
        sleep(PAUSE)


def _waiting(leases: Leases, name: str) -> str:
    holder = leases.held_by(name)
    who = "" if holder is None else f" (process {holder.process.pid} on {holder.process.host})"
    return (
        f"another run{who} is running this search; waiting until it ends, then going on with what "
        f"is left. If that run has died, this takes at most {leases.lasts:.0f} seconds."
    )


def _record(trial: FrozenTrial, goal: Goal) -> SearchTrial:
    notes = trial.user_attrs
    values = trial.values if trial.state is State.COMPLETE else None
    reports = trial.intermediate_values
    return SearchTrial(
        number=trial.number,
        point=dict(trial.params),
        state=_STATES.get(trial.state, "running"),
        values=dict(zip(goal.objectives, values or (), strict=False)),
        queries=int(notes.get(QUERIES, 0)),
        keys=tuple(notes.get(KEYS, ())),
        error=str(notes.get(ERROR, "")),
        last=reports[max(reports)] if reports and trial.state is State.PRUNED else None,
    )


def _best(trials: Iterable[SearchTrial], study: optuna.Study, goal: Goal) -> SearchTrial | None:
    """The first of the best; of a Pareto front, the best in the first objective."""
    complete = [trial for trial in trials if trial.state == "complete"]
    if len(goal.objectives) > 1:
        front = {trial.number for trial in study.best_trials}
        complete = [trial for trial in complete if trial.number in front]
    name, sign = goal.objectives[0], -1 if goal.modes[0] == "max" else 1
    return min(complete, key=lambda t: (sign * t.values[name], t.number), default=None)


def _fingerprint(spec: Spec, search: SearchSpec, data: str) -> str:
    """Eight digits of everything that a trial's value depends on."""
    told_elsewhere = {"search", "report", "methods", "seeds", "ablation"}
    fields = published(spec.model_dump(mode="json", exclude=told_elsewhere, exclude_defaults=True))
    of_the_run = {"trials", "parallel", "storage", "equal_queries"}
    how = search.model_dump(mode="json", exclude=of_the_run, exclude_defaults=True)
    base = search.base(spec.methods).model_dump(mode="json")
    images = {"data": data} if data else {}
    text = canonical_json({"spec": fields, "search": how, "method": base, **images})
    return hashlib.sha256(text.encode()).hexdigest()[:8]
