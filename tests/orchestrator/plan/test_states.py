"""A plan whose cells stand where they do now."""

from __future__ import annotations

from pathlib import Path

from orchestrator.plan.states import refreshed
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.verbs import fill, plan_of, write_spec


def test_a_plan_that_is_looked_up_again_is_the_plan_made_again(tmp_path: Path) -> None:
    spec, store = write_spec(tmp_path), tmp_path / "store"
    before = plan_of(spec, store)
    assert before.counts() == {"new": 10}
    fill(store, spec)
    after = refreshed(before, Store(LocalStorage(store)))
    assert [c.status for c in after.cells] == [c.status for c in plan_of(spec, store).cells]
    assert after.counts() == {"done": 7, "in progress": 1, "failed": 1, "new": 1}


def test_what_is_skipped_stays_so(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, datasets=["pocket_dots", "dtd"])
    plan = plan_of(spec, tmp_path / "store")
    skipped = plan.counts()["skipped"]
    assert skipped
    assert refreshed(plan, Store(LocalStorage(tmp_path / "store"))).counts()["skipped"] == skipped
