"""Says what of this project or of other packages can't be used, beside all that can."""

from collections.abc import Iterable

from extensions.modules import Broken
from orchestrator.console import errors, warn


def tell_of_broken() -> None:
    """Notes on files with errors, and on names that packages may not take."""
    from benchmarks.datasets.registry import broken_datasets
    from methods.registry import broken_methods

    tell((*broken_methods(), *broken_datasets()))


def tell(broken: Iterable[Broken]) -> None:
    """A note on each."""
    for one in broken:
        warn(f"note: left out: {one}", errors)
