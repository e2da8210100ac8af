"""All finished cells of a store, labelled by their methods and by what tells their cells apart."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Run, split_by_measurements
from orchestrator.cli.work import is_there
from orchestrator.console import warn
from orchestrator.errors import UserError
from orchestrator.plan.damaged import READERS
from orchestrator.store.storage import BlobMissing, open_storage
from orchestrator.store.store import Store, UnreadableTrace
from orchestrator.store.trace import Trace
from querycurve.frames import MEASURED, backbone_of, cells_frame, standing_of_run, traces_frame
from querycurve.results import Results

_PLACE = frozenset(
    {"method", "dataset", "shots", "seed", "protocol", "source", "backbone", "blind"}
)
"""Fields of a cell that say where it stands, rather than how its method works."""


def results_of_store(location: str) -> Results:
    """All finished cells of a store.

    Args:
        location: a folder, or `s3://BUCKET/PREFIX`.

    Raises:
        UserError: there is no such store, or nothing has finished in it.
    """
    store = Store(open_storage(location, say=warn))
    if not is_there(store):
        raise UserError(f"there is no store at {location}: nothing has run there yet.")
    runs = labelled(_traces(store))
    if not runs:
        raise UserError(f"{location} holds no finished results yet.")
    sound, unsound = split_by_measurements(runs)
    return Results(
        cells=cells_frame([standing_of_run(run) for run in runs]),
        traces=traces_frame(runs),
        name=location,
        comparison=Comparison(name=location, runs=tuple(sound), unsound=tuple(unsound)),
    )


def _traces(store: Store) -> list[Trace]:
    """The readable ones, in order of keys."""
    with ThreadPoolExecutor(READERS) as readers:  # on S3 most of the time is spent waiting
        found = readers.map(lambda key: _trace(store, key), sorted(store.finished_keys()))
        return [trace for trace in found if trace is not None]


def _trace(store: Store, key: str) -> Trace | None:
    try:
        return store.finished(key, MEASURED)
    except BlobMissing:  # set aside since
        return None
    except UnreadableTrace as error:
        warn(f"left out: {error}")
        return None


def labelled(traces: Sequence[Trace]) -> list[Run]:
    """Traces as runs, in order of dataset, label, shots and seed.

    A label is the method's name and, in brackets, the fields that differ among its cells, such as
    `zip[budget=500]`; trials of a search are told apart from each other alone.
    """
    alike: dict[tuple[str, bool], list[tuple[Trace, dict[str, str]]]] = defaultdict(list)
    for trace in traces:
        kind = (str(trace.cell["method"]["name"]), bool(trace.cell.get("blind")))
        alike[kind].append((trace, dict(_fields(trace))))
    runs = [run for (name, _), found in alike.items() for run in _labelled(name, found)]
    return sorted(runs, key=lambda run: (run.dataset, run.method, run.shots, run.seed))


def _labelled(name: str, found: Sequence[tuple[Trace, dict[str, str]]]) -> Iterator[Run]:
    fields = dict.fromkeys(field for _, values in found for field in values)
    differ = [field for field in fields if len({values.get(field) for _, values in found}) > 1]
    for trace, values in found:
        told = ", ".join(f"{field}={values[field]}" for field in differ if field in values)
        cell = trace.cell
        label = f"{name}[{told}]" if told else name
        yield Run(str(cell["dataset"]), label, int(cell["shots"]), int(cell["seed"]), trace)


def _fields(trace: Trace) -> Iterator[tuple[str, str]]:
    """What of a cell may make a difference between cells of a method, as a spec would have it."""
    cell = trace.cell
    yield from _flat(cell["method"].get("settings", {}))
    yield from _flat({name: value for name, value in cell.items() if name not in _PLACE})
    yield "backbone", backbone_of(Run("", "", 0, 0, trace))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value)
