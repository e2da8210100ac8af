"""`plan --json`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.orchestrator.cli.verbs import fill, plan_of, querycurve, write_spec


def test_cells_and_what_is_left_are_numbers(tmp_path: Path) -> None:
    spec, store = write_spec(tmp_path), tmp_path / "store"
    fill(store, spec)
    said = querycurve("plan", spec, "--json", "--store", store)
    assert (said.code, said.err) == (0, "")
    plan = json.loads(said.out)
    assert (plan["kind"], plan["version"], plan["spec"]) == ("plan", 1, "small")
    assert plan["counts"] == {"done": 7, "in_progress": 1, "failed": 1, "new": 1, "skipped": 0}
    assert [cell["key"] for cell in plan["cells"]] == [c.key for c in plan_of(spec, store).cells]
    (failed,) = (cell for cell in plan["cells"] if cell["state"] == "failed")
    assert failed["left"] == {"queries": 200, "images": 6400, "seconds": 3600.0}
    assert (failed["dataset"], failed["label"], failed["seed"]) == ("pocket_outlines", "zip", 2)
    assert plan["left"] == {"queries": 600, "images": 19200, "seconds": None}, "bar's isn't known"
    assert (plan["search"], plan["money"]["currency"]) == (None, "EUR")
    assert plan["money"]["training"] == pytest.approx(600 / 1000 * 2.5)


def test_a_search_and_what_it_costs_are_in_it(tmp_path: Path) -> None:
    search = {"method": "zip", "space": {"clip": {"choice": [1, 10, 100]}}, "trials": 3}
    spec = write_spec(tmp_path, search={**search, "sampler": "grid"})
    plan = json.loads(querycurve("plan", spec, "--json", "--store", tmp_path / "store").out)
    assert plan["search"]["left"]["queries"] == 1200
    assert (plan["search"]["trials"], plan["search"]["trials_ended"]) == (3, 0)
    assert plan["search"]["longer_queries"] == 800
    assert plan["money"]["search"] > 0


def test_what_is_skipped_says_why_and_costs_nothing(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, datasets=["pocket_dots", "dtd"], seeds=[1])
    said = querycurve("plan", spec, "--json", "--store", tmp_path, "--data", tmp_path / "none")
    skipped = [cell for cell in json.loads(said.out)["cells"] if cell["dataset"] == "dtd"]
    assert {(cell["state"], cell["key"]) for cell in skipped} == {("skipped", None)}
    assert all(cell["reason"] for cell in skipped)


def test_errors_leave_stdout_empty(tmp_path: Path) -> None:
    said = querycurve("plan", write_spec(tmp_path, budget=-1), "--json", "--store", tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ")
