"""`status --json`."""

from __future__ import annotations

import json
from pathlib import Path

from orchestrator.store.leases import Leases
from orchestrator.store.storage import LocalStorage
from tests.orchestrator.cli.verbs import files_in, fill, plan_of, querycurve, write_spec


def test_it_says_what_works_now_and_how_far_cells_are(tmp_path: Path) -> None:
    spec, store = write_spec(tmp_path), tmp_path / "store"
    fill(store, spec)
    (begun,) = (cell for cell in plan_of(spec, store).cells if cell.status == "in progress")
    with Leases.of_process(LocalStorage(store), "a run").held(begun.key):
        said = querycurve("status", spec, "--json", "--store", store)
    assert (said.code, said.err) == (0, "")
    status = json.loads(said.out)
    assert (status["kind"], status["version"], status["state"]) == ("status", 1, "running")
    assert (status["working"], status["counts"]["in_progress"]) == (1, 1)
    (cell,) = (cell for cell in status["cells"] if cell["state"] == "in_progress")
    assert (cell["key"], cell["works_now"]) == (begun.key, True)
    assert (cell["queries_at_checkpoint"], cell["queries"]) == (120, 200)
    (failed,) = (cell for cell in status["cells"] if cell["state"] == "failed")
    assert failed["error"] == "ValueError: loss is not finite"
    assert (status["search"], status["features"]) == (None, {"splits": 0, "bytes": 0})

    before = files_in(store)
    said = querycurve("status", spec, "--json", "--store", store)
    assert json.loads(said.out)["state"] == "paused"
    assert files_in(store) == before


def test_a_store_that_is_not_there_is_told_with_its_search(tmp_path: Path) -> None:
    search = {"method": "zip", "space": {"clip": {"choice": [1, 10]}}, "trials": 2}
    spec = write_spec(tmp_path, search=search)
    status = json.loads(querycurve("status", spec, "--json", "--store", tmp_path / "none").out)
    assert (status["store_exists"], status["state"]) == (False, "not_started")
    assert status["search"] == {
        "method": "zip",
        "works_now": False,
        "trials": 2,
        "trials_ended": 0,
        "counts": {"complete": 0, "pruned": 0, "failed": 0, "running": 0},
        "best": None,
    }
