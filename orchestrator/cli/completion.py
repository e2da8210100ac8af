"""What a shell completes after Tab; nothing heavy is imported, for a person waits at the key."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from orchestrator.errors import UserError
from orchestrator.spec.ready import ready_specs


def is_asked(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a shell asks for completions, which are all that may then be printed."""
    return any(name.startswith("_") and name.endswith("_COMPLETE") for name in environment)


def specs(incomplete: str) -> list[str]:
    """YAML files where the user is at, folders there, and ready specs."""
    head, slash, _ = incomplete.rpartition("/")
    return _beginning(incomplete, (*_files_in(head + slash), *ready_specs()))


def methods(incomplete: str) -> list[str]:
    """Names of methods."""
    from methods.registry import method_names

    return _beginning(incomplete, method_names())


def datasets(incomplete: str) -> list[str]:
    """Names of known datasets."""
    from benchmarks.datasets.registry import dataset_names

    return _beginning(incomplete, dataset_names())


def overrides(context: typer.Context, incomplete: str) -> list[str]:
    """`field=` of the spec that was typed before, up to the next step of a path that has several.

    Shells put a blank after what alone fits, where `methods.` is to be typed on.
    """
    if "=" in incomplete:
        return []
    spec = context.params.get("spec")
    try:
        found = _next_step(spec, incomplete)
        while len(found) == 1 and found[0].endswith("."):
            found = _next_step(spec, found[0])
    except UserError:  # of a spec that can't be read nothing is known
        return []
    return found


def _next_step(spec: str | None, incomplete: str) -> list[str]:
    head, dot, _ = incomplete.rpartition(".")
    found = _below(spec, head.split(".") if dot else [])
    return _beginning(incomplete, (f"{head}{dot}{name}" for name in found))


def _files_in(folder: str) -> Iterator[str]:
    """Names of a folder's YAML files and subfolders, with the folder before them."""
    try:
        entries = sorted(Path(folder or ".").expanduser().iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.suffix in (".yaml", ".yml"):
            yield f"{folder}{entry.name}"
        elif folder and entry.is_dir():
            yield f"{folder}{entry.name}/"


def _below(spec: str | None, path: list[str]) -> Iterator[str]:
    """What may follow a path into a spec: `field=`, or `field.` where it holds more."""
    from orchestrator.reading.booleans import model_in
    from orchestrator.spec.load import read_fields
    from orchestrator.spec.spec import Spec

    node: Any = read_fields(spec) if spec else {}
    model: Any = Spec
    for part in path:
        node = _inside(node, part)
        field = model.model_fields.get(part) if model is not None else None
        model = None if field is None else model_in(field.annotation)
    if path[:1] == ["methods"] and len(path) == 2:
        yield from (f"{name}=" for name in _settings_of(node))
    elif isinstance(node, list):
        yield from (f"{name}." for name in map(_called, node) if name)
    elif model is not None:
        for name, field in model.model_fields.items():
            deep = isinstance(_inside(node, name), list) and name == "methods"
            deep = deep or (name != "own_datasets" and model_in(field.annotation) is not None)
            yield f"{name}." if deep else f"{name}="


def _settings_of(entry: Any) -> Iterable[str]:
    """Fields of a method's entry."""
    from methods.registry import method_variant

    name = entry.get("name") if isinstance(entry, Mapping) else entry
    try:
        kind, _ = method_variant(str(name))
    except ValueError:
        return ()
    return (*kind.settings_type.model_fields, "label", "batch_size", "answers")


def _inside(node: Any, part: str) -> Any:
    if isinstance(node, Mapping):
        return node.get(part)
    if isinstance(node, list):
        if part.isdecimal():
            return node[int(part)] if int(part) < len(node) else None
        return next((entry for entry in node if _called(entry) == part), None)
    return None


def _called(entry: Any) -> str:
    """What `--set` calls an entry of a list."""
    named = entry.get("label", entry.get("name")) if isinstance(entry, Mapping) else entry
    return named if isinstance(named, str) else ""


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]
