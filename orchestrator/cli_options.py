"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

DataOption = Annotated[
    str,
    typer.Option(
        envvar="PROMPTBENCH_DATA",
        help="Folder that holds the datasets' folders or packs, or s3://BUCKET/PREFIX with packs.",
    ),
]
DATA = "data"
