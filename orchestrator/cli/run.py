"""The verb `run`: everything that the store lacks, then the report."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import typer

from orchestrator.cli import options
from orchestrator.cli.work import open_work_to_run
from orchestrator.console import errors, hushed, say, warn
from orchestrator.masking import masked

DEFAULT_SPEC = "demo"


def run(
    spec: options.Spec = DEFAULT_SPEC,
    set_: options.Set = None,
    store: options.Store = options.STORE,
    data: options.Data = options.DATA,
    tracking_uri: options.Tracking = None,
    no_tracking: options.NoTracking = False,
    address: options.Address = None,
    dashboard: options.Dashboard = False,
    actors: options.Actors = None,
    cpus: options.Cpus = None,
    trials_per_gpu: options.TrialsPerGpu = None,
    compile_: options.Compile = False,
    checkpoint_seconds: options.Checkpoint = 10.0,
    pixel_cache: options.PixelCache = options.PIXEL_CACHE,
    rebuild_features: options.Rebuild = False,
    patience: options.Patience = options.PATIENCE,
    strict: options.Strict = False,
    max_cost: options.MaxCost = None,
    yes: options.Yes = False,
    quiet: options.Quiet = False,
) -> None:
    """Run what the store lacks, then report. Interrupted runs go on where they stopped."""
    from orchestrator.cli.data_root import check_data_root
    from orchestrator.cli.pixel_cache import pixel_limit
    from orchestrator.tracking.address import tracking_address

    pixel_bytes = pixel_limit(pixel_cache)
    uri = None if no_tracking else tracking_address(tracking_uri, store)
    check_data_root(spec, set_, data)
    work = open_work_to_run(spec, set_, store, data, patience)

    # What is refused above is refused before all of this is imported.
    from benchmarks.datasets.packed.location import open_location
    from orchestrator.cli.charges import Begun, say_what_it_cost
    from orchestrator.cli.costs import check_max_cost, estimate_of, say_estimate
    from orchestrator.cli.launch import launch
    from orchestrator.plan.damaged import set_aside_damaged
    from orchestrator.plan.skipped import refuse_misfits
    from orchestrator.pool.options import LaunchOptions

    refuse_misfits(work.plan, strict=strict)
    check_max_cost(estimate_of(work), max_cost, accepted=yes)
    work.store.storage.check_writable()
    work = replace(work, plan=set_aside_damaged(work.plan, work.store, warn))
    estimate = estimate_of(work)  # with what is run again because its result is damaged
    check_max_cost(estimate, max_cost, accepted=yes)
    begun = Begun.of(work) if estimate is not None or work.plan.remote else None
    launch_options = LaunchOptions(
        data_root=open_location(data).uri,
        address=address,
        actors=actors,
        cpus=cpus,
        trials_per_gpu=trials_per_gpu,
        compile=compile_,
        checkpoint_seconds=checkpoint_seconds,
        tracking_uri=uri,
        patience=patience,
        pixel_cache=pixel_bytes,
        dashboard=dashboard,
    )
    if rebuild_features:
        say(f"forgot the image features of {work.store.forget_features()} splits")
    if estimate is not None and estimate.total:
        say_estimate(work.plan, estimate)
    with _told_when_interrupted(), hushed(on=quiet):
        if work.search is not None:
            from orchestrator.cli.search import search_first

            search_first(work.plan, work.search, launch_options)
            # Planned anew, with the cells that follow from the search.
            work = open_work_to_run(spec, set_, store, data, patience)
        failed = launch(work.plan, work.store, launch_options)
    if begun is not None:
        say_what_it_cost(begun.ended(work), work.store, estimate)
    from orchestrator.cli.closing import report_and_track
    from orchestrator.cli.report import show_in_short, show_report

    written, tracked = report_and_track(work, uri)
    if quiet:
        show_in_short(written)
    else:
        if tracked:
            say(ui_hint(tracking_uri, store))
        show_report(written, work.plan)
    if tracked is False:
        from orchestrator.cli.track_command import track_command

        say(f"MLflow lacks this; later: {track_command(spec, set_, store, data, tracking_uri)}")
    if failed:
        raise typer.Exit(1)


@contextmanager
def _told_when_interrupted() -> Iterator[None]:
    """Says what an interrupt means for a run; the exit code is the shell's for Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from the last checkpoints", console=errors)
        raise typer.Exit(130) from None


def ui_hint(tracking_uri: str | None, store: str) -> str:
    """What shows the runs: a command, or the server that has them."""
    suffix = "" if store == options.STORE else f" --store {shlex.quote(store)}"
    if tracking_uri:
        if tracking_uri.startswith(("http://", "https://")):
            return f"Compare them at {masked(tracking_uri)}."
        suffix = f" --tracking-uri {shlex.quote(masked(tracking_uri))}"
    return f"Compare them in the MLflow UI: querycurve ui{suffix}"
