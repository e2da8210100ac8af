"""The command line: plan, run, status, report, compare, track, methods, export, serve, ui, ..."""

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from orchestrator.cli import completion, options, serve_options
from orchestrator.cli.datasets import datasets
from orchestrator.cli.examples import add_examples
from orchestrator.cli.export import export
from orchestrator.cli.new import new
from orchestrator.cli.run import DEFAULT_SPEC, run, ui_hint
from orchestrator.cli.status import status
from orchestrator.cli.work import open_work, open_work_to_read
from orchestrator.console import counted, errors, print_anything, say, warn
from orchestrator.errors import UserError
from orchestrator.masking import masked

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Where the home can't be written, it keeps its fonts elsewhere, and says so at length.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

app = typer.Typer(
    help="Benchmarks black-box prompt tuning of CLIP-like models on a Ray cluster.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


@app.command()
def plan(
    spec: options.Spec,
    set_: options.Set = None,
    store: options.Store = options.STORE,
    data: options.Data = options.DATA,
    measure: options.Measure = False,
    cells: options.Cells = False,
    threads: options.Threads = None,
    strict: options.Strict = False,
    max_cost: options.MaxCost = None,
    json_: options.Json = False,
) -> None:
    """Show what a run would do, and what it would cost."""
    from orchestrator.cli.costs import check_max_cost, estimate_of, show_costs
    from orchestrator.cli.data_root import check_data_root
    from orchestrator.cli.measuring import pricing_of
    from orchestrator.cli.plan_view import show_cells, show_plan
    from orchestrator.plan.skipped import refuse_misfits

    check_data_root(spec, set_, data)
    work = open_work(spec, set_, store, data)
    refuse_misfits(work.plan, strict=strict)
    if work.search is not None:
        _ = work.search.plan  # what it refuses is refused before anything is shown
    if json_:
        from orchestrator.cli.as_json.plan import print_plan

        print_plan(work, lambda: pricing_of(work.plan, work.store, data, threads, measure=measure))
        check_max_cost(estimate_of(work), max_cost, accepted=False)
        return
    pricing = pricing_of(work.plan, work.store, data, threads, measure=measure)
    if cells:
        show_cells(work.plan)
    show_plan(work.plan, pricing)
    if work.search is not None:
        from orchestrator.cli.search import show_search_plan

        show_search_plan(work.search, pricing)
    estimate = estimate_of(work)
    if estimate is not None:
        show_costs(work.plan, estimate)
    check_max_cost(estimate, max_cost, accepted=False)


app.command()(run)


app.command(short_help="Show where the cells of a spec stand, and whether anything runs.")(status)


@app.command(short_help="Write a page, tables and figures of what has finished.")
def report(
    specs: options.Specs,
    set_: options.Set = None,
    store: options.Store = options.STORE,
    data: options.Data = options.DATA,
    out: options.Out = None,
    to: options.To = None,
) -> None:
    """Write a page, tables and figures of what has finished; with --to, a site of several specs."""
    from orchestrator.cli.site import Typed, report_all

    if not report_all(Typed(specs, set_, store, data, out, to)):
        raise typer.Exit(1)


@app.command(short_help="Compare results with published ones, or two stores.")
def compare(
    first: Annotated[
        str,
        typer.Argument(
            metavar="SPEC|STORE", help="A spec, or a store.", autocompletion=completion.specs
        ),
    ],
    second: Annotated[
        str | None, typer.Argument(metavar="STORE", help="Another store.", show_default=False)
    ] = None,
    set_: options.Set = None,
    store: options.Store = options.STORE,
    data: options.Data = options.DATA,
    tolerance: options.Tolerance = 0.0,
    across: options.Across = None,
    json_: options.Json = False,
) -> None:
    """Compare a spec's results with published ones, or two stores cell by cell.

    With two stores the exit code is 1 if equal keys gave different results.
    """
    from orchestrator.cli.as_json.compare import print_references, print_stores
    from orchestrator.cli.compare import compare_references, compare_stores, looks_like_store

    if second is not None:
        if (print_stores if json_ else compare_stores)(first, second, tolerance, across or ()):
            raise typer.Exit(1)
        return
    if looks_like_store(first):
        raise UserError(f"{first} is a store: give a second one to compare it with, or a spec.")
    from orchestrator.cli.plan_view import show_recalled

    work = open_work_to_read(first, set_, store, data)
    if json_:
        print_references(work.plan, work.store)
        return
    show_recalled(work.plan)
    compare_references(work.plan, work.store)


@app.command(short_help="Rebuild MLflow from the store, whole.")
def track(
    spec: options.Spec,
    set_: options.Set = None,
    store: options.Store = options.STORE,
    data: options.Data = options.DATA,
    tracking_uri: options.Tracking = None,
) -> None:
    """Rebuild MLflow from the store, whole; running it again changes nothing."""
    from orchestrator.tracking.address import tracking_address

    uri = tracking_address(tracking_uri, store)
    work = open_work_to_read(spec, set_, store, data)
    # A wrong spec or store is refused before what draws is imported, which takes seconds.
    from orchestrator.cli.plan_view import show_recalled
    from orchestrator.cli.report import write_plan_report
    from orchestrator.cli.run_links import link_to_write
    from orchestrator.tracking.search_entries import trial_entries
    from orchestrator.tracking.session import rebuild_tracking

    show_recalled(work.plan)
    link = link_to_write(work.plan.spec.name, work.store, uri)
    written = write_plan_report(work.plan, work.store, None, work.search, warn, run_link=link)
    search = None if work.search is None else work.search.search
    trials = () if search is None else trial_entries(search.trials, search.method, work.store, warn)
    count = rebuild_tracking(work.plan, work.store, uri, written, trials)
    held = f"{counted(count, 'run')} {'is' if count == 1 else 'are'} in MLflow"
    say(f"{held}. {ui_hint(tracking_uri, store)}")


@app.command(short_help="List the methods, and the access that each needs.")
def methods() -> None:
    """List the methods with their variants, the access to a black box that each needs, and papers.

    Methods are sorted by it, from what every service takes to what none does.
    """
    from orchestrator.cli.methods import show_methods

    show_methods()


@app.command(short_help="Open the MLflow UI on what has been run.")
def ui(
    store: options.Store = options.STORE,
    tracking_uri: options.Tracking = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, metavar="PORT", help="Port of the page.")
    ] = 5000,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Who may see it; MLflow asks nobody for a password.")
    ] = "127.0.0.1",
    experiment: options.Experiment = None,
    no_open: options.NoOpen = False,
) -> None:
    """Open the MLflow UI on what has been run (on this machine only, unless --host says more)."""
    from orchestrator.cli.mlflow_page import Page, show_page
    from orchestrator.tracking.address import tracking_address

    page = Page(host, port, experiment, opens=not no_open)
    show_page(tracking_address(tracking_uri, store), page)


@app.command(short_help="Offer a backbone as an HTTP service, as a black box is in reality.")
def serve(
    backbone: serve_options.Backbone = None,
    model: serve_options.Model = None,
    precision: serve_options.Precision = "fp32",
    threads: serve_options.Threads = 1,
    answers: serve_options.Answers = "logits",
    host: serve_options.Host = "127.0.0.1",
    port: serve_options.Port = 8008,
    requests_per_minute: serve_options.RequestsPerMinute = None,
    concurrency: serve_options.Concurrency = None,
    max_request: serve_options.MaxRequest = "256MiB",
    token_from: serve_options.TokenFrom = None,
    price: serve_options.Price = None,
    ledger: serve_options.Ledger = "serve.db",
    fail: serve_options.Fail = 0.0,
    fail_seed: serve_options.FailSeed = None,
    latency: serve_options.Latency = "0ms",
    show_ledger: serve_options.ShowLedger = False,
    labels: serve_options.Labels = False,
) -> None:
    """Offer a backbone as an HTTP service, as a black box is in reality, with quotas and a ledger.

    Only this machine can reach it unless --host says more.
    """
    from orchestrator.cli import serve as verb

    if show_ledger:
        verb.show_ledger(ledger, labels=labels)
        return
    verb.serve(
        verb.Typed(
            backbone=backbone,
            model=model,
            precision=precision,
            threads=threads,
            answers=answers,
            host=host,
            port=port,
            requests_per_minute=requests_per_minute,
            concurrency=concurrency,
            max_request=max_request,
            token_from=token_from,
            price=price,
            ledger=ledger,
            fail=fail,
            fail_seed=fail_seed,
            latency=latency,
        )
    )


app.command(short_help="Write a tuned prompt into a folder, to use it elsewhere.")(export)
app.add_typer(datasets)
app.add_typer(new)
add_examples(app)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line; errors of the user end in a message and exit code 2.

    Without arguments it runs the default spec, so that `ray submit CLUSTER run_benchmark.py` does.
    """
    given = sys.argv[1:] if arguments is None else arguments
    print_anything()
    with _plain_errors():
        if not given and not completion.is_asked():
            say(f"no arguments: running the spec {DEFAULT_SPEC!r} (--help shows all verbs)")
        app(given or ["run"])


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except UserError as error:
        say(f"error: {masked(str(error))}", "red", errors)
        sys.exit(2)
    except OSError as error:  # of the output, too, which may go to a full disk
        if error.errno not in _NO_ROOM:
            raise
        what = "the output" if error.filename is None else error.filename
        say(f"error: {what} can't be written: {error.strerror}.", "red", errors)
        sys.exit(2)
