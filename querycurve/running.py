"""Running a spec from Python, as the command line does."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.options import PATIENCE, PIXEL_CACHE
from orchestrator.console import output, say, warn
from orchestrator.errors import UserError
from querycurve.given import Changes, SpecGiven, overrides_of, spec_source, told_plainly
from querycurve.results import Results, load

if TYPE_CHECKING:
    from orchestrator.cli.work import Work
    from orchestrator.plan.alike import Group
    from orchestrator.plan.plan import PlannedCell
    from orchestrator.pool.display import RunDisplay
    from orchestrator.pool.options import LaunchOptions
    from orchestrator.spec.load import SpecSource

GOES_ON = "interrupted; the same call goes on from the last checkpoints"


class Interrupted(KeyboardInterrupt):
    """A run was interrupted; the same call goes on from the last checkpoints."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [str(self)]


@dataclass(frozen=True)
class _Asked:
    """What is to be run, on which data, and where results go."""

    spec: SpecSource
    overrides: tuple[str, ...]
    store: str
    data: str
    patience: float

    def work(self) -> Work:
        """Its plan, as the store is now."""
        from orchestrator.cli.work import open_work_to_run

        return open_work_to_run(self.spec, self.overrides, self.store, self.data, self.patience)


@told_plainly
def run(  # noqa: PLR0913 - as many as the command line's options
    spec: SpecGiven,
    store: str | Path = "results",
    data: str | Path = "data",
    set: Changes = (),
    *,
    tracking: bool | str = True,
    progress: bool = True,
    max_cost: float | None = None,
    address: str | None = None,
    actors: int | None = None,
    cpus: float | None = None,
    trials_per_gpu: int | None = None,
    compile: bool = False,
    checkpoint_seconds: float = 10.0,
    pixel_cache: str = PIXEL_CACHE,
    patience: float = PATIENCE,
) -> Results:
    """Runs what the store lacks of a spec on Ray, and returns all its results.

    Ray starts on this machine, unless `address` names a cluster, and ends with the call; it does
    not start at all where nothing is left to run. Interrupting the call (Ctrl-C, or "interrupt" of
    a notebook) saves what runs, and the same call goes on from there. For example:

        results = qc.run(
            {
                "name": "first", "datasets": ["pocket_dots"], "methods": ["zero_shot", "zip"],
                "seeds": [1, 2, 3], "backbone": "pocket", "budget": 200, "augmentation": "none",
            },
            tracking=False,
        )

    Args:
        spec: the name of a ready spec, a YAML file, or a dict of fields.
        store: where results go: a folder, or `s3://BUCKET/PREFIX`.
        data: the data root: the folder that holds the datasets' folders or packs, or an address.
        set: changes to the spec, as `["budget=500"]` or `{"budget": 500}`.
        tracking: whether to write to MLflow, with a report: to what MLFLOW_TRACKING_URI names, or
            else to `mlflow.db` in the store; or the address of a server or database.
        progress: whether to show bars (in notebooks, too) or, where there is no terminal, lines.
        max_cost: refuses to start what would cost more, by the spec's `price`.
        address: Ray cluster to join (`auto`: the one on this machine).
        actors: the most oracle actors; None for all that fit.
        cpus: CPU cores of one actor; None for 1, or on GPUs its share of the node's.
        trials_per_gpu: actors that share a GPU, 0 to leave GPUs alone; None for 1 where there are
            any.
        compile: whether to compile the towers on GPUs.
        checkpoint_seconds: seconds between two checkpoints of a cell.
        pixel_cache: most disk that decoded images take on each machine; `0` keeps none.
        patience: seconds to wait for a store or a service that doesn't answer.

    Returns:
        All results of the spec, as `load` does; cells that failed have the status `failed` and the
        reason.

    Raises:
        UserError: the spec is wrong, nothing of it can run, it costs too much, or the store, the
            data or the cluster can't be reached.
        Interrupted: the call was interrupted.
    """
    from benchmarks.datasets.packed.location import open_location
    from orchestrator.cli.data_root import check_data_root
    from orchestrator.cli.pixel_cache import pixel_limit
    from orchestrator.pool.options import LaunchOptions

    _refuse_second_ray()
    asked = _Asked(spec_source(spec), overrides_of(set), str(store), str(data), patience)
    uri = _tracking_uri(tracking, asked.store)
    pixel_bytes = pixel_limit(pixel_cache)
    check_data_root(asked.spec, asked.overrides, asked.data)
    options = LaunchOptions(
        data_root=open_location(asked.data).uri,
        address=address,
        actors=actors,
        cpus=cpus,
        trials_per_gpu=trials_per_gpu,
        compile=compile,
        checkpoint_seconds=checkpoint_seconds,
        tracking_uri=uri,
        patience=patience,
        pixel_cache=pixel_bytes,
    )
    with _resumable():
        work = _ready(asked, max_cost)
        work = _launched(asked, work, options, progress=progress)
        if uri is not None:
            _track(work, uri)
        return load(asked.store, asked.spec, asked.overrides, data=asked.data)


def _tracking_uri(tracking: bool | str, store: str) -> str | None:
    """MLflow's address; None to leave MLflow alone."""
    from orchestrator.tracking.address import tracking_address

    if tracking is False:
        return None
    given = os.environ.get("MLFLOW_TRACKING_URI") if tracking is True else tracking
    return tracking_address(given or None, store)


def _ready(asked: _Asked, max_cost: float | None) -> Work:
    """The plan, when nothing speaks against running it."""
    from orchestrator.cli.costs import check_max_cost, estimate_of
    from orchestrator.plan.damaged import set_aside_damaged
    from orchestrator.plan.skipped import refuse_misfits

    work = asked.work()
    refuse_misfits(work.plan, strict=False)
    check_max_cost(estimate_of(work), max_cost, accepted=False)
    work.store.storage.check_writable()
    work = replace(work, plan=set_aside_damaged(work.plan, work.store, warn))
    check_max_cost(estimate_of(work), max_cost, accepted=False)
    return work


def _launched(asked: _Asked, work: Work, options: LaunchOptions, *, progress: bool) -> Work:
    """Runs the search, if there is one, and then all cells; returns what was planned for it."""
    from orchestrator.cli.launch import launch

    if work.search is not None:
        from orchestrator.cli.search import search_first

        search_first(work.plan, work.search, options)
        work = asked.work()  # with the cells that follow from the search
    if output.is_jupyter:
        _leave_out_widgets()
    launch(work.plan, work.store, options, partial(_display, progress=progress))
    return work


def _leave_out_widgets() -> None:
    """Keeps Ray and tqdm from telling notebooks without ipywidgets to install them.

    Nothing here is drawn with them.
    """
    logging.getLogger("ray.widgets.util").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message="IProgress not found")


def _display(
    cells: Sequence[PlannedCell], paces: Mapping[Group, float], *, progress: bool
) -> RunDisplay:
    """Bars in a notebook or on a terminal, lines elsewhere, or nothing."""
    from rich.console import Console

    from orchestrator.pool.display import RunDisplay

    if not progress:
        return RunDisplay(cells, Console(quiet=True))
    if output.is_jupyter:
        from orchestrator.pool.notebook_display import NotebookDisplay

        return NotebookDisplay(cells, paces=paces)
    return RunDisplay(cells, output, paces=paces)


def _track(work: Work, uri: str) -> None:
    """Completes MLflow with means over seeds and the report, which it also writes to the store."""
    from orchestrator.cli.closing import report_and_track

    written, tracked = report_and_track(work, uri)
    if tracked:
        say(f"report: {written.page}")


def _refuse_second_ray() -> None:
    """Refuses to start Ray where it runs already: it would end with this run."""
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        raise UserError(
            "this process is connected to Ray already, and a run starts and ends its own "
            "connection: call ray.shutdown() first, and give a cluster as address=."
        )


@contextmanager
def _resumable() -> Iterator[None]:
    """Says what an interrupt means for a run."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(GOES_ON) from None
