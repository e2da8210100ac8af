"""Adds to a plan what is known of its datasets' images, which its runs put on record."""

from dataclasses import replace
from pathlib import Path

from benchmarks.datasets.identity import identity_of
from benchmarks.datasets.interface import DatasetError
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.plan.tasks import dataset_of


def with_identities(plan: Plan, data_root: Path | str) -> Plan:
    """The plan with the identity of each dataset on which something is to run.

    Raises:
        UserError: a dataset can't be read.
    """
    names = dict.fromkeys(cell.cell.dataset for cell in plan.to_run())
    try:
        found = {name: identity_of(dataset_of(plan.spec, name, data_root)) for name in names}
    except DatasetError as error:
        raise UserError(str(error)) from None
    return replace(plan, identities=found)
