"""How a run reads what was packed, as words to be copied into a shell or a spec."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from benchmarks.datasets.packed.location import Location
from orchestrator.spec.load import read_fields


def pack_hints(
    spec: str, own: Sequence[str], packed: Sequence[str], root: Location
) -> Iterator[str]:
    """One line for all known datasets, and one for the user's own.

    Args:
        spec: the spec that describes the user's own datasets; "" without one.
        own: their names.
        packed: names of what was packed.
        root: where it was packed to.
    """
    if any(name not in own for name in packed):
        yield f"Run from it with --data {quoted(root.uri)}."
    chosen = [name for name in dict.fromkeys(packed) if name in own]
    if chosen:
        places = _places(read_fields(spec, ()))
        changes = (
            quoted(f"{places[name]}.path={_scalar(root.child(name).uri)}")
            for name in chosen
            if name in places
        )
        words = " ".join(f"--set {change}" for change in changes)
        yield f"Run from it with: querycurve run {quoted(spec)} {words}"
        yield "or with these paths in the spec:"
    for name in chosen:
        path = json.dumps(root.child(name).uri, ensure_ascii=False)
        yield f"  - {{name: {name}, path: {path}}}"


def quoted(word: str) -> str:
    """A word in single quotes, as a shell reads it, whatever it holds."""
    return "'" + word.replace("'", "'\"'\"'") + "'"


def _places(fields: dict[str, Any]) -> dict[str, str]:
    """Where a spec describes each own dataset, in the words of `--set`."""
    found: dict[str, str] = {}
    for field, value in fields.items():
        entries = value if isinstance(value, list) else []
        for number, entry in enumerate(entries):
            if isinstance(entry, dict) and "path" in entry and "name" in entry:
                found[str(entry["name"])] = f"{field}.{number}"
    return found


def _scalar(text: str) -> str:
    """A text as YAML reads it back: quoted where it must be."""
    try:
        plain = yaml.safe_load(text) == text
    except yaml.YAMLError:
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)
