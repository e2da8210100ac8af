"""Adds to a plan what is known of its datasets' images, which its runs put on record."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.datasets.identity.record import DataIdentity, identity_of
from benchmarks.datasets.interface import DatasetError
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.plan.reading import told_of_reading
from orchestrator.plan.tasks import dataset_of


def with_identities(
    plan: Plan, data_root: Path | str, say: Callable[[str], None] = lambda _: None
) -> Plan:
    """The plan with the identity of each dataset on which something is to run.

    Args:
        plan: the plan.
        data_root: the folder or location that holds the datasets.
        say: told that reading very many images will take a while.

    Raises:
        UserError: a dataset can't be read.
    """
    found: dict[str, DataIdentity] = {}
    try:
        for name in dict.fromkeys(cell.cell.dataset for cell in plan.to_run()):
            dataset = dataset_of(plan.spec, name, data_root)
            found[name] = identity_of(dataset, told_of_reading(name, say))
    except DatasetError as error:
        raise UserError(str(error)) from None
    return replace(plan, identities=found)
