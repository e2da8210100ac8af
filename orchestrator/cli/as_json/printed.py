"""Prints one JSON object, and keeps stdout free of all else."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from orchestrator.console import output

VERSION = 1
"""Of the shapes: keys may be added; it is raised where one goes, or means another thing."""


def print_object(kind: str, fields: Mapping[str, Any]) -> None:
    """Prints an object on stdout.

    Args:
        kind: says which shape it has.
        fields: its other keys; numbers that JSON has not (infinite, NaN) become null.
    """
    whole = _plain({"kind": kind, "version": VERSION, **fields})
    # Escaped, so that no terminal's encoding can change it.
    sys.stdout.write(json.dumps(whole, indent=2, allow_nan=False) + "\n")


@contextmanager
def notes_aside() -> Iterator[None]:
    """Whatever is said within the block goes to stderr."""
    before, output.stderr = output.stderr, True
    try:
        yield
    finally:
        output.stderr = before


def snake(word: str) -> str:
    """A state or judgement as a value of JSON: `in progress` is `in_progress`."""
    return word.replace(" ", "_")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
