"""The spec files in the folder where the user is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.errors import UserError
from orchestrator.spec.load import read_fields

MOST_READ = 50
"""Files that are looked into: a folder may be full of YAML that is no spec."""


def specs_with(dataset: str) -> list[str]:
    """Names of the YAML files here that describe an own dataset of this name."""
    files = sorted(path.name for path in Path().glob("*.y*ml"))[:MOST_READ]
    return [name for name in files if dataset in _own_datasets(name)]


def _own_datasets(spec: str) -> set[Any]:
    """What a file calls the datasets that it describes; nothing where it is no spec."""
    try:
        fields = read_fields(spec)
    except UserError:
        return set()
    lists = (fields.get(name) for name in ("datasets", "own_datasets"))
    entries = [entry for found in lists if isinstance(found, list) for entry in found]
    names = (entry.get("name") for entry in entries if isinstance(entry, Mapping))
    return {name for name in names if isinstance(name, str)}
