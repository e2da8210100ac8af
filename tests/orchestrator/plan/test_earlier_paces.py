"""Paces of earlier cells come from their traces."""

from __future__ import annotations

from pathlib import Path

from orchestrator.plan.earlier_paces import earlier_paces
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.verbs import fill, plan_of, write_spec


def test_seconds_per_query_of_what_has_finished(tmp_path: Path) -> None:
    spec, folder = write_spec(tmp_path), tmp_path / "store"
    fill(folder, spec)
    store = Store(LocalStorage(folder))
    plan = plan_of(spec, folder)
    paces = earlier_paces(plan, store)
    named = {(group.dataset, group.label): pace for group, pace in paces.items()}
    assert named["pocket_dots", "zip"] == 3600 / 200
    assert named["pocket_dots", "zero_shot"] == 1.0
    assert ("pocket_outlines", "bar") not in named, "none of its cells has finished"
    for cell in plan.cells:
        if (cell.cell.dataset, cell.label) == ("pocket_dots", "zip"):
            (folder / "results" / f"{cell.key}.parquet").write_bytes(b"damaged")
    groups = earlier_paces(plan, store)
    assert ("pocket_dots", "zip") not in {(group.dataset, group.label) for group in groups}
