"""Features of test splits, which trials of the benches need."""

from __future__ import annotations

from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.plan import PlannedCell
from orchestrator.store.store import Store


def features_of(store: Store, planned: PlannedCell) -> FeatureTable:
    """The stored features of a cell's test split.

    Raises:
        RuntimeError: they aren't there.
    """
    table = FeatureTable.from_bytes(store.features(planned.features) or b"")
    if table is None:
        raise RuntimeError(f"the test split of {planned.cell.dataset} isn't encoded yet")
    return table
