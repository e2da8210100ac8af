"""The examples of docs/reference/json.md have the keys that the verbs print."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.analysis.reproduction import compare_with_published
from orchestrator.cli.as_json import compare
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.docs.pages import DOCS
from tests.orchestrator.analysis.builders import make_run
from tests.orchestrator.analysis.paper_runs import paper_run, row_of
from tests.orchestrator.cli.verbs import fill, plan_of, querycurve, write_spec

_EXAMPLE = re.compile(r"<!-- example of (\w+) -->\n```json\n(.*?)```", re.DOTALL)
EXAMPLES = {
    kind: json.loads(text)
    for kind, text in _EXAMPLE.findall((DOCS / "reference" / "json.md").read_text("utf-8"))
}


def keys(value: Any) -> Any:
    """The keys of an object, and of the first of each list in it."""
    if isinstance(value, Mapping):
        return {key: keys(one) for key, one in value.items()}
    return [keys(value[0])] if isinstance(value, list) and value else None


def nowhere_else(kind: str, printed: Any) -> None:
    """Fails where a level of an example has other keys than what was printed; null is any."""
    assert printed["kind"] == EXAMPLES[kind]["kind"] == kind
    _same(keys(EXAMPLES[kind]), keys(printed), kind)


def _same(shown: Any, printed: Any, place: str) -> None:
    if shown is None or printed is None:
        return
    if isinstance(shown, list):
        _same(shown[0], printed[0], f"{place}[]")
        return
    assert list(shown) == list(printed), place
    for key, value in shown.items():
        _same(value, printed[key], f"{place}.{key}")


def test_plan_and_status(tmp_path: Path) -> None:
    spec, store = write_spec(tmp_path, seeds=[1, 2]), tmp_path / "store"
    fill(store, spec)
    for kind in ("plan", "status"):
        said = querycurve(kind, spec, "--json", "--store", store)
        nowhere_else(kind, json.loads(said.out))


def test_published_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [paper_run(64.0 + seed / 10, seed) for seed in (1, 2, 3)]
    verdicts = compare_with_published(runs, [row_of("zip", "eurosat")])
    monkeypatch.setattr(compare, "verdicts_on", lambda *_: verdicts)
    plan = plan_of(write_spec(tmp_path), tmp_path / "store")
    compare.print_references(plan, Store(LocalStorage(tmp_path / "store")))
    nowhere_else("compare_published", json.loads(capsys.readouterr().out))


def test_two_stores(tmp_path: Path) -> None:
    places = [str(tmp_path / name) for name in ("one", "two")]
    for place in places:
        Store(LocalStorage(Path(place))).save(make_run([(0, 30.0), (10, 50.0)]).trace)
    nowhere_else("compare_stores", json.loads(querycurve("compare", *places, "--json").out))
