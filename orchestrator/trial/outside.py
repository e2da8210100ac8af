"""Whether a worker's machine has the methods and datasets of other packages that were planned."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping

from benchmarks.datasets.registry import dataset_class
from methods.registry import method_class, outside_code
from orchestrator.errors import UserError

_REMEDY = (
    "Install the same version of its package on every node; a file of the working folder is found "
    "by the machine of that folder alone"
)


def check_outside(methods: Mapping[str, str], datasets: Iterable[str]) -> None:
    """Refuses a machine where one of them is missing, or is other code.

    Args:
        methods: digests of their code, by place.
        datasets: names or places.

    Raises:
        UserError: names what is missing or other, and the machine.
    """
    for place, planned in methods.items():
        try:
            code = outside_code(method_class(place))
        except ValueError as error:
            raise _missing(error) from None
        if code != planned:
            raise UserError(
                f"the code of {place} on {platform.node()} is not that which was planned. "
                f"{_REMEDY}; if it was changed since, start the run again."
            )
    for name in datasets:
        try:
            dataset_class(name)
        except ValueError as error:
            raise _missing(error) from None


def _missing(error: ValueError) -> UserError:
    return UserError(f"on {platform.node()}: {str(error).rstrip('.')}. {_REMEDY}.")
