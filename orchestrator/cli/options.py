"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.spec.ready import ready_specs

DataOption = Annotated[
    str,
    typer.Option(
        envvar="QUERYCURVE_DATA",
        help="Folder that holds the datasets' folders or packs, or s3://BUCKET/PREFIX with packs.",
    ),
]
DATA = "data"
SpecArgument = Annotated[
    str,
    typer.Argument(
        help=f"A YAML file, or a ready spec: {', '.join(ready_specs())}.", metavar="SPEC"
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Change a field of the spec: --set budget=500, --set methods.1.clip=none. Repeatable.",
    ),
]
StoreOption = Annotated[
    str,
    typer.Option(
        envvar="QUERYCURVE_STORE",
        help="Folder that holds all results, or s3://BUCKET/PREFIX.",
    ),
]
TrackingOption = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        envvar="MLFLOW_TRACKING_URI",
        help="MLflow server or database; default: mlflow.db in the store, or here for s3://.",
    ),
]
STORE = "results"
PATIENCE = 3600.0
"""Seconds."""
