"""The command line: plan, run, status, report, compare, track, datasets, ui."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.datasets import datasets
from orchestrator.cli.options import (
    DATA,
    PATIENCE,
    STORE,
    DataOption,
    SetOption,
    SpecArgument,
    StoreOption,
    TrackingOption,
)
from orchestrator.errors import UserError
from orchestrator.masking import masked

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

app = typer.Typer(
    help="Benchmarks black-box prompt tuning of CLIP-like models on a Ray cluster.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(datasets)
console = Console()
errors = Console(stderr=True)

DEFAULT_SPEC = "demo"


@dataclass(frozen=True)
class _Work:
    """What every verb on a spec needs; `search` is None where the spec has none."""

    plan: Any
    store: Any
    search: Any


@app.command()
def plan(
    spec: SpecArgument,
    set_: SetOption = None,
    store: StoreOption = STORE,
    data: DataOption = DATA,
    measure: Annotated[
        bool, typer.Option("--measure", help="Time the model on this machine first.")
    ] = False,
    cells: Annotated[bool, typer.Option("--cells", help="List every cell with its key.")] = False,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of one actor.")] = 1,
) -> None:
    """Show what a run would do, and what it would cost."""
    from orchestrator.cli.plan_view import show_cells, show_plan

    work = _open(spec, set_, store, data)
    pricing = _pricing(work, threads, measure=measure)
    if cells:
        show_cells(work.plan, console)
    show_plan(work.plan, pricing, console)
    if work.search is not None:
        from orchestrator.cli.search import show_search_plan

        show_search_plan(work.search, pricing, console)


@app.command()
def run(
    spec: SpecArgument = DEFAULT_SPEC,
    set_: SetOption = None,
    store: StoreOption = STORE,
    data: DataOption = DATA,
    tracking_uri: TrackingOption = None,
    no_tracking: Annotated[
        bool, typer.Option("--no-tracking", help="Don't write to MLflow.")
    ] = False,
    address: Annotated[
        str | None,
        typer.Option(
            help="Ray cluster to join ('auto': the one on this machine).",
            show_default="start one here",
        ),
    ] = None,
    actors: Annotated[
        int | None,
        typer.Option(
            min=1,
            envvar="QUERYCURVE_ACTORS",
            help="The most oracle actors; a cluster that scales itself grows until it has them.",
            show_default="all that fit",
        ),
    ] = None,
    cpus: Annotated[float, typer.Option(min=0.1, help="CPU cores of one actor.")] = 1,
    trials_per_gpu: Annotated[
        int | None,
        typer.Option(
            min=0,
            envvar="QUERYCURVE_TRIALS_PER_GPU",
            help="Actors that share a GPU; 0 leaves GPUs alone.",
            show_default="1 where there are any",
        ),
    ] = None,
    compile_: Annotated[
        bool,
        typer.Option(
            "--compile",
            help="Compile the towers, with CUDA graphs, on GPUs: slow to start, then faster.",
        ),
    ] = False,
    checkpoint_seconds: Annotated[
        float, typer.Option(min=0, help="Seconds between two checkpoints of a cell.")
    ] = 10.0,
    rebuild_features: Annotated[
        bool,
        typer.Option(
            "--rebuild-features", help="Forget the store's image features; encode all images anew."
        ),
    ] = False,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a store that doesn't answer.")
    ] = PATIENCE,
) -> None:
    """Run what the store lacks, then report. Interrupted runs go on where they stopped."""
    from benchmarks.datasets.packed.location import open_location
    from orchestrator.cli.launch import launch
    from orchestrator.cli.report import show_report, write_plan_report
    from orchestrator.plan.damaged import set_aside_damaged
    from orchestrator.pool.options import LaunchOptions
    from orchestrator.tracking.session import track_summary

    work = _open(spec, set_, store, data, patience)
    work.store.storage.check_writable()
    work = replace(work, plan=set_aside_damaged(work.plan, work.store, _tell))
    options = LaunchOptions(
        data_root=open_location(data).uri,
        address=address,
        actors=actors,
        cpus=cpus,
        trials_per_gpu=trials_per_gpu,
        compile=compile_,
        checkpoint_seconds=checkpoint_seconds,
        tracking_uri=None if no_tracking else (tracking_uri or _default_tracking(store)),
        patience=patience,
    )
    if rebuild_features:
        console.print(f"forgot the image features of {work.store.forget_features()} splits")
    with _told_when_interrupted():
        if work.search is not None:
            from orchestrator.cli.search import search_first

            search_first(work.plan, work.search, work.store, options, console)
            # Planned anew, with the cells that follow from the search.
            work = _open(spec, set_, store, data, patience)
        failed = launch(work.plan, work.store, options, console)
    written = write_plan_report(work.plan, work.store, None, work.search)
    if options.tracking_uri is not None:
        track_summary(work.plan, work.store, options.tracking_uri, written, console)
        console.print(_ui_hint(tracking_uri, store), highlight=False, soft_wrap=True)
    show_report(written, work.plan, console)
    if failed:
        raise typer.Exit(1)


@app.command()
def status(
    spec: SpecArgument,
    set_: SetOption = None,
    store: StoreOption = STORE,
    data: DataOption = DATA,
) -> None:
    """Show where the cells of a spec stand; works while it runs."""
    from orchestrator.cli.plan_view import show_status

    work = _open(spec, set_, store, data)
    show_status(work.plan, work.store, console)
    if work.search is not None:
        from orchestrator.cli.search import show_search_status

        show_search_status(work.search, console)


@app.command()
def report(
    spec: SpecArgument,
    set_: SetOption = None,
    store: StoreOption = STORE,
    data: DataOption = DATA,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the files.", show_default="STORE/reports/NAME")
    ] = None,
) -> None:
    """Write a page, tables and figures of what has finished."""
    from orchestrator.cli.report import show_report, write_plan_report

    work = _open(spec, set_, store, data)
    written = write_plan_report(work.plan, work.store, out, work.search)
    show_report(written, work.plan, console)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="SPEC|STORE", help="A spec, or a store.")],
    second: Annotated[
        str | None, typer.Argument(metavar="[STORE]", help="Another store.", show_default=False)
    ] = None,
    set_: SetOption = None,
    store: StoreOption = STORE,
    data: DataOption = DATA,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Points of accuracy that equal keys may be apart.")
    ] = 0.0,
) -> None:
    """Compare a spec's results with published ones, or two stores cell by cell.

    With two stores the exit code is 1 if equal keys gave different results.
    """
    from orchestrator.cli.compare import compare_references, compare_stores, looks_like_store

    if second is not None:
        if compare_stores(first, second, tolerance, console):
            raise typer.Exit(1)
        return
    if looks_like_store(first):
        raise UserError(f"{first} is a store: give a second one to compare it with, or a spec.")
    work = _open(first, set_, store, data)
    compare_references(work.plan, work.store, console)


@app.command()
def track(
    spec: SpecArgument,
    set_: SetOption = None,
    store: StoreOption = STORE,
    data: DataOption = DATA,
    tracking_uri: TrackingOption = None,
) -> None:
    """Rebuild MLflow from the store, whole; running it again changes nothing."""
    from orchestrator.cli.report import write_plan_report
    from orchestrator.tracking.session import rebuild_tracking

    work = _open(spec, set_, store, data)
    uri = tracking_uri or _default_tracking(store)
    written = write_plan_report(work.plan, work.store, None, work.search)
    trials: Any = ()
    if work.search is not None:
        from orchestrator.tracking.search_entries import trial_entries

        trials = trial_entries(work.search.search, work.store)
    count = rebuild_tracking(work.plan, work.store, uri, written, trials)
    console.print(f"{count} runs are in MLflow. {_ui_hint(tracking_uri, store)}", highlight=False)


@app.command()
def ui(
    store: StoreOption = STORE,
    tracking_uri: TrackingOption = None,
    port: Annotated[int, typer.Option(help="Port of the page.")] = 5000,
    host: Annotated[
        str, typer.Option(help="Who may see it; MLflow asks nobody for a password.")
    ] = "127.0.0.1",
) -> None:
    """Open the MLflow UI on what has been run (on this machine only, unless --host says more)."""
    uri = tracking_uri or _default_tracking(store)
    database = Path(uri.removeprefix("sqlite:///"))
    if uri.startswith("sqlite:///") and not database.is_file():
        raise UserError(f"nothing was tracked in {database} yet. Run a spec first.")
    # Not as an argument: other users see those, and an address may hold a password.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = uri
    command = [sys.executable, "-m", "mlflow", "ui", "--host", host, "--port", str(port)]
    os.execv(sys.executable, command)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line; errors of the user end in a message and exit code 2.

    Without arguments it runs the default spec, so that `ray submit CLUSTER run_benchmark.py` does.
    """
    given = sys.argv[1:] if arguments is None else arguments
    with _plain_errors():
        if not given:
            console.print(
                f"no arguments: running the spec {DEFAULT_SPEC!r} (--help shows all verbs)"
            )
        app(given or ["run"])


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except UserError as error:
        errors.print(
            f"error: {masked(str(error))}",
            style="red",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        sys.exit(2)


@contextmanager
def _told_when_interrupted() -> Iterator[None]:
    """Says what an interrupt means for a run; the exit code is the shell's for Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print("interrupted; the same command goes on from the last checkpoints")
        raise typer.Exit(130) from None


def _open(
    spec: str,
    overrides: list[str] | None,
    location: str,
    data: str,
    patience: float = PATIENCE,
) -> _Work:
    from orchestrator.plan.planner import make_plan
    from orchestrator.spec.load import load_spec
    from orchestrator.store.storage import Patience, open_storage
    from orchestrator.store.store import Store

    loaded = load_spec(spec, overrides or ())
    store = Store(open_storage(location, Patience(limit=patience), _tell))
    if loaded.search is None:
        return _Work(make_plan(loaded, store, data), store, None)
    from orchestrator.search.plan import plan_with_result, searched

    return _Work(plan_with_result(loaded, store, data), store, searched(loaded, store, data))


def _pricing(work: _Work, threads: int, *, measure: bool) -> Any:
    from orchestrator.plan.calibration import TowerCosts, calibration_name
    from orchestrator.plan.pricing import pricing_from

    precision = work.plan.spec.precision
    costs = {}
    for backbone in work.plan.backbones():
        name = calibration_name(backbone, precision, threads)
        known = work.store.calibration(name)
        if known is not None:
            costs[backbone.digest] = TowerCosts(**known)
        if measure:
            from orchestrator.plan.measuring import measure_towers

            work.store.storage.check_writable()
            with console.status(f"timing {backbone.label} on this machine"):
                costs[backbone.digest] = measure_towers(backbone, precision, threads)
            work.store.save_calibration(name, costs[backbone.digest].as_dict())
    return pricing_from(work.plan, work.store, costs)


def _tell(text: str) -> None:
    errors.print(text, style="yellow", highlight=False, markup=False, soft_wrap=True)


def _default_tracking(store: str) -> str:
    """A database in the store, or in this folder when the store is elsewhere."""
    folder = Path() if "://" in store else Path(store).expanduser()
    return f"sqlite:///{folder.absolute()}/mlflow.db"


def _ui_hint(tracking_uri: str | None, store: str) -> str:
    if tracking_uri:
        return f"Compare them at {masked(tracking_uri)}."
    suffix = "" if store == STORE else f" --store {store}"
    return f"Compare them in the MLflow UI: python run_benchmark.py ui{suffix}"
