"""The verb `datasets`: list, prepare, verify, pack."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from orchestrator.cli import completion
from orchestrator.cli.options import DATA, Data
from orchestrator.errors import UserError

datasets = typer.Typer(name="datasets", help="List, prepare, verify and pack datasets.")

NamesArgument = Annotated[
    list[str],
    typer.Argument(
        help="Names of datasets.", metavar="NAME...", autocompletion=completion.datasets
    ),
]
SpecOption = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help="A spec that names datasets of your own.",
        show_default=False,
        autocompletion=completion.specs,
    ),
]


@datasets.callback(invoke_without_command=True)
def without_verb(context: typer.Context, data: Data = DATA) -> None:
    """List, prepare, verify and pack datasets; `list` unless another verb is given."""
    context.default_map = {verb: {"data": data} for verb in ("list", "prepare", "verify", "pack")}
    if context.invoked_subcommand is None:
        list_(data)


@datasets.command("list", short_help="Show what is there, what is missing and how to get it.")
def list_(data: Data = DATA, spec: SpecOption = None) -> None:
    """Show what is there, what is missing, its size and licence, and how to get it."""
    from orchestrator.cli.dataset_verbs import Shelf, show_list

    with _plain_errors():
        show_list(Shelf.of(data, spec))


@datasets.command(short_help="Unpack archives, or download; else say what to do by hand.")
def prepare(names: NamesArgument, data: Data = DATA) -> None:
    """Unpack archives that lie in a dataset's folder, or download it; else say what to do by hand.

    The exit code is 1 when a dataset is still missing at the end.
    """
    from orchestrator.cli.dataset_verbs import Shelf, prepare_all

    with _plain_errors():
        if prepare_all(Shelf.of(data), names):
            raise typer.Exit(1)


@datasets.command(short_help="Read every image: counts, faults and a digest.")
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of datasets.",
            metavar="NAME...",
            show_default="all there",
            autocompletion=completion.datasets,
        ),
    ] = None,
    data: Data = DATA,
    spec: SpecOption = None,
) -> None:
    """Read every image: counts, unreadable and duplicate files, and a digest of all.

    The exit code is 1 when images are missing, unreadable, or not those that were packed.
    """
    from orchestrator.cli.dataset_verbs import Shelf, verify_all

    with _plain_errors():
        if verify_all(Shelf.of(data, spec), names or ()):
            raise typer.Exit(1)


@datasets.command(short_help="Write datasets as Parquet shards.")
def pack(
    names: NamesArgument,
    to: Annotated[str, typer.Option(help="A folder, or s3://BUCKET/PREFIX.", metavar="URI")],
    data: Data = DATA,
    spec: SpecOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also replace packs of other versions.")
    ] = False,
) -> None:
    """Write datasets as Parquet shards, which runs read with --data URI.

    A pack that is there is checked, and what is damaged, or was repaired since, is written anew.
    """
    from orchestrator.cli.dataset_verbs import Shelf, pack_all

    with _plain_errors():
        pack_all(Shelf.of(data, spec), names, to, replace=replace)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """What is wrong with a dataset is something that the user can mend."""
    from benchmarks.datasets.interface import DatasetError

    try:
        yield
    except DatasetError as error:
        raise UserError(str(error)) from None
