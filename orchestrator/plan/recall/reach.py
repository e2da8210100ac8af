"""Which datasets lie where nothing answers, asked once a place: each dataset would ask for long."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.packed.location import is_uri, open_location
from benchmarks.datasets.registry import dataset_classes
from orchestrator.spec.spec import Spec


def unreachable(spec: Spec, names: Iterable[str], data_root: Path | str) -> dict[str, str]:
    """Which of a spec's datasets can't be reached now, and why, by name."""
    own = {source.name: source.path for source in spec.own_datasets}
    found = {}
    for name in names:
        known = dataset_classes().get(name)
        embedded = known is not None and not known.card.folder
        reason = "" if embedded else _refusal(str(own.get(name, data_root)))
        if reason:
            found[name] = reason
    return found


@cache
def _refusal(where: str) -> str:
    """Why a location can't be reached; empty for folders and where it can."""
    if not is_uri(where):
        return ""
    try:
        open_location(where).greet()
    except DatasetError as error:
        return str(error)
    return ""
