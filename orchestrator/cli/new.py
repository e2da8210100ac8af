"""The verb `new`: writes a method or a dataset from a template, with its test."""

from pathlib import Path
from typing import Annotated

import typer

new = typer.Typer(name="new", help="Write a method or a dataset from a template.")

Name = Annotated[str, typer.Argument(help="Its name in specs, in snake case.", metavar="NAME")]
To = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the package that is made.",
        show_default="./NAME; in a clone of the project, the project's own folders",
    ),
]


@new.command(short_help="Write a method that works, its test and its pins.")
def method(name: Name, to: To = None) -> None:
    """Write a method that works, a hill climber, with its test and its pinned proposals.

    It is a package that can be installed; in a clone of the project, a file of the project.
    """
    from orchestrator.cli.new_files import write_new

    write_new("method", name, to)


@new.command(short_help="Write a dataset that works, and its test.")
def dataset(name: Name, to: To = None) -> None:
    """Write a dataset that works, of drawn images, with its test.

    It is a package that can be installed; in a clone of the project, a file of the project.
    """
    from orchestrator.cli.new_files import write_new

    write_new("dataset", name, to)
