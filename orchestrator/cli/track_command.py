"""The command that builds MLflow anew, as it is to be typed."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.cli.typed_command import Typed


def track_command(
    spec: str, overrides: Sequence[str] | None, store: str, data: str, tracking_uri: str | None
) -> str:
    """`querycurve track` with what was typed of a run; what the environment says is left out.

    Example:
        >>> track_command("demo", ["budget=500"], "my results", "data", None)
        "querycurve track demo --set budget=500 --store 'my results'"
    """
    return Typed(spec, overrides, store, data).command("track", tracking_uri)
