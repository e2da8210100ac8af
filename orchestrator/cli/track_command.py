"""The command that builds MLflow anew, as it is to be typed."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from orchestrator.cli import options
from orchestrator.masking import masked


def track_command(
    spec: str, overrides: Sequence[str] | None, store: str, data: str, tracking_uri: str | None
) -> str:
    """`querycurve track` with what was typed of a run; what the environment says is left out.

    Example:
        >>> track_command("demo", ["budget=500"], "my results", "data", None)
        "querycurve track demo --set budget=500 --store 'my results'"
    """
    words = ["querycurve", "track", spec]
    for override in overrides or ():
        words += ["--set", override]
    typed = (
        ("--store", store, options.STORE, "QUERYCURVE_STORE"),
        ("--data", data, options.DATA, "QUERYCURVE_DATA"),
        ("--tracking-uri", tracking_uri, None, "MLFLOW_TRACKING_URI"),
    )
    for option, value, default, variable in typed:
        if value is not None and value not in (default, os.environ.get(variable)):
            words += [option, masked(value)]
    return shlex.join(words)
