"""The verb `export`: writes a tuned prompt into a folder, to be used outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import options

if TYPE_CHECKING:
    from orchestrator.deploy.choice import Candidate
    from orchestrator.deploy.from_store import Data
    from orchestrator.deploy.prompt import Prompt
    from orchestrator.store.store import Store

CellWords = Annotated[
    list[str],
    typer.Argument(
        metavar="CELL...",
        help="A cell: the beginning of its key (see querycurve plan --cells), or words of its "
        "title, such as zip pocket_dots seed 1.",
    ),
]
To = Annotated[
    str, typer.Option("--to", metavar="FOLDER", help="A new folder, or that of an earlier export.")
]
SpecOption = Annotated[
    str | None,
    typer.Option(
        "--spec",
        metavar="SPEC",
        help="Look for the cell in this spec, by the labels of its methods.",
        show_default=False,
    ),
]
BackboneOption = Annotated[
    str | None,
    typer.Option(
        "--backbone",
        metavar="NAME",
        help="Where the same model is here, such as local-dir:FOLDER.",
        show_default="as it was called when it ran",
    ),
]


def export(  # noqa: PLR0913, PLR0917 - what can be typed
    cell: CellWords,
    to: To,
    spec: SpecOption = None,
    set_: options.Set = None,
    store: options.Store = options.STORE,
    data: options.Data = options.DATA,
    backbone: BackboneOption = None,
) -> None:
    """Write a tuned prompt into a folder, with all that it takes to use it elsewhere.

    In Python, querycurve.load_prompt(FOLDER).predict(images) then classifies images.
    """
    from orchestrator.deploy.target import check_target

    folder = check_target(to)
    opened, found, where = _found(" ".join(cell), spec, set_, store, data)
    model = None if found.planned is None else found.planned.backbone.remote

    from orchestrator.deploy.export import prompt_from_store

    place = backbone or (None if model is None else model.backbone)
    prompt = prompt_from_store(opened, found.key, where, place)
    prompt.save(folder)
    _say(prompt, to)


def _found(
    cell: str, spec: str | None, set_: list[str] | None, store: str, data: str
) -> tuple[Store, Candidate, Data]:
    """The store, the cell that is meant, and where its data are."""
    from orchestrator.cli.work import open_store_to_read, open_work_to_read
    from orchestrator.console import warn
    from orchestrator.deploy.choice import chosen, of_plan, of_store
    from orchestrator.deploy.from_store import Data
    from orchestrator.errors import UserError

    if spec is None and set_:
        raise UserError("--set changes a field of a spec: give --spec with it.")
    if spec is None:
        from orchestrator.plan.recall.stored import StoredCells

        opened = open_store_to_read(store)
        return opened, chosen(cell, of_store(StoredCells(opened, warn))), Data(data)
    work = open_work_to_read(spec, set_, store, data)
    found = chosen(cell, of_plan(work.plan))
    if found.reason:
        raise UserError(f"{found.title} can't run, so it has no prompt: {found.reason}")
    return work.store, found, Data(data, work.plan.spec.own_datasets)


def _say(prompt: Prompt, folder: str) -> None:
    """What was written, and how it is used."""
    from orchestrator.console import say
    from orchestrator.deploy.target import RECORD, TENSORS

    record = prompt.record
    parts = [f"{name} {tuple(shape)}" for name, shape in record.tensors.items()]
    parts += ["changed pixels"] * record.pixels + ["a readout of scores"] * record.readout
    classes = len(prompt.class_names)
    measured = ""
    if record.accuracy is not None:
        images = record.surroundings.test_images
        measured = f": {record.accuracy:.2f} % of {images:,} test images"
    say(f"exported {record.title}{measured}, after {record.queries:,} queries")
    say(f"  {folder}/{TENSORS}  {', '.join(parts) or 'texts'}")
    say(f"  {folder}/{RECORD}  {classes} class names, texts, preprocessing, backbone")
    say(f"Use it in Python: querycurve.load_prompt({folder!r}).predict(images)")
