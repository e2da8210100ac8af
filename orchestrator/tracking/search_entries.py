"""What MLflow shows of a search: one flat run for each cell of a trial.

`kind` is `trial`; `search` names the method that was searched, `trial` is its number, `state` tells
pruned trials from complete ones, and `group` holds all trials of a search together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from orchestrator.analysis.access import access_words, declared_access, track_of
from orchestrator.analysis.search import SearchTrial
from orchestrator.store.store import Store, UnreadableTrace
from orchestrator.store.trace import Trace
from orchestrator.tracking.entries import Entry, cell_parameters
from orchestrator.tracking.spans import span_of


def trial_entries(
    trials: Iterable[SearchTrial],
    method: str,
    store: Store,
    left_out: Callable[[str], None] | None = None,
) -> Iterator[Entry]:
    """Entries of trials that came to an end: their cells that have measured anything.

    `left_out` is told of each trace that can't be read; None refuses it.

    Raises:
        UnreadableTrace: a stored trace is damaged, or of an unknown version.
    """
    finished = store.finished_keys()
    for trial in trials:
        for key in trial.keys if trial.state != "running" else ():
            try:
                trace = store.finished(key) if key in finished else _unfinished(trial, key, store)
            except UnreadableTrace as error:
                if left_out is None:
                    raise
                left_out(f"left out: {error}")
                continue
            if trace is not None:
                yield _entry(trial, method, trace)


def _unfinished(trial: SearchTrial, key: str, store: Store) -> Trace | None:
    if trial.state == "pruned":
        return store.pruned(key) if key in store.pruned_keys() else None
    return store.failed(key) if key in store.failed_keys() else None


def _entry(trial: SearchTrial, method: str, trace: Trace) -> Entry:
    cell: dict[str, Any] = dict(trace.cell)
    chosen = cell["method"]
    access = declared_access(chosen["name"], chosen.get("settings", {}))
    place = f"{cell['dataset']} / seed {cell['seed']}"
    metrics = [
        (point.metric, point.value, point.queries)
        for point in trace.points
        if point.metric.startswith("val_")
    ]
    span = span_of(trace)
    last = max((step for _, _, step in metrics), default=0)
    metrics += [(f"objective_{name}", value, last) for name, value in trial.values.items()]
    found = {f"search.{name}": str(value) for name, value in trial.point.items()}
    return Entry(
        key=f"trial {trial.number} {trace.key}",
        fingerprint=f"2:{trial.state}:{len(metrics)}:{span}",
        title=f"trial {trial.number}: {trial.title} / {place}",
        tags={
            "kind": "trial",
            "search": method,
            "trial": str(trial.number),
            "state": trial.state,
            "status": trial.state,
            "group": f"search of {method}",
            "dataset": str(cell["dataset"]),
            "seed": str(cell["seed"]),
            "access": access_words(access),
            "track": track_of(access),
        },
        parameters={**cell_parameters(cell), **found},
        metrics=tuple(metrics),
        texts={"traceback.txt": trial.error} if trial.error else {},
        failed=trial.state == "failed",
        span=span,
    )
