"""`compare --json`, with published numbers and of two stores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.analysis.reproduction import compare_with_published
from orchestrator.cli.as_json import compare
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.analysis.builders import make_run
from tests.orchestrator.analysis.paper_runs import paper_run, row_of
from tests.orchestrator.cli.verbs import fill, plan_of, querycurve, write_spec


def test_what_no_paper_has_is_named(tmp_path: Path) -> None:
    spec, store = write_spec(tmp_path), tmp_path / "store"
    fill(store, spec)
    said = querycurve("compare", spec, "--json", "--store", store)
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    assert (found["kind"], found["version"], found["verdicts"]) == ("compare_published", 1, [])
    assert {"dataset": "pocket_dots", "shots": 16, "method": "zip"} in found["unpublished"]


def test_a_verdict_has_both_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [paper_run(64.0 + seed / 10, seed) for seed in (1, 2, 3)]
    verdicts = compare_with_published(runs, [row_of("zip", "eurosat")])
    monkeypatch.setattr(compare, "verdicts_on", lambda *_: verdicts)
    store = Store(LocalStorage(tmp_path / "store"))
    compare.print_references(plan_of(write_spec(tmp_path), tmp_path / "store"), store)
    found = json.loads(capsys.readouterr().out)
    (one,) = found["verdicts"]
    assert found["counts"][one["judgement"]] == 1
    assert (one["ours"]["mean"], one["ours"]["seeds"]) == (pytest.approx(64.2), 3)
    assert one["published"]["value"] == row_of("zip", "eurosat").value
    assert one["reason"]


def test_two_stores_that_differ_end_with_the_same_exit_code(tmp_path: Path) -> None:
    places = [str(tmp_path / name) for name in ("one", "two")]
    for place, accuracy in zip(places, (50.0, 51.0), strict=True):
        Store(LocalStorage(Path(place))).save(make_run([(0, 30.0), (10, accuracy)]).trace)
    said = querycurve("compare", *places, "--json")
    assert (said.code, said.err) == (1, "")
    found = json.loads(said.out)
    assert (found["kind"], found["differs"]) == ("compare_stores", True)
    (same,) = found["equal_keys"]
    assert (same["state"], same["largest_difference"], same["first_query"]) == ("differs", 1.0, 10)
    assert (found["changed_keys"], found["only_in_first"], found["only_in_second"]) == ([], [], [])
    assert querycurve("compare", *places, "--json", "--tolerance", "2").code == 0
