"""Methods and datasets of other packages, from a spec to a report after they are gone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from benchmarks.datasets import registry as datasets
from extensions.entry_points import declared
from extensions.fingerprint import code_digest
from methods import registry as methods
from methods.outside_facts import outside_facts
from methods.registry import GROUP, method_class
from orchestrator.cell import Cell
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.code_fingerprints import fingerprints
from orchestrator.trial.outside import check_outside
from tests.benchmarks.datasets.test_outside import DOTS
from tests.extensions.own_modules import METHOD, offer, on_path, write_module
from tests.orchestrator.cli.verbs import SPEC, querycurve, trace_of

SMALL = {**SPEC, "seeds": [1], "report": {}}


def forget() -> None:
    """What was found is looked for anew."""
    for found in (declared, code_digest, methods._outside, datasets._outside):
        found.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of own modules: a method and a dataset."""
    home = tmp_path / "modules"
    home.mkdir()
    on_path(home, monkeypatch)
    write_module(home, "clim", METHOD.format(name="Hill", short="hill"))
    write_module(home, "clid", DOTS.format(name="dots", more=""))
    forget()
    yield home
    forget()


def spec_at(folder: Path, **changed: object) -> Path:
    path = folder.parent / "small.yaml"
    path.write_text(yaml.safe_dump({**SMALL, **changed}))
    return path


def planned(spec: Path, store: Path) -> Plan:
    return make_plan(load_spec(str(spec)), Store(LocalStorage(store)), "data")


def fill(plan: Plan, store: Path) -> None:
    """Made-up results, which say what those of a worker say."""
    filled = Store(LocalStorage(store))
    for cell in plan.cells:
        made = {
            "fingerprints": {**fingerprints(cell.cell), "split": cell.split},
            "method": outside_facts(method_class(cell.cell.method.name)),
            "dataset_place": datasets.outside_place(cell.cell.dataset),
            "backbone": "pocket",
        }
        base = cell.label.partition("[")[0]
        label = {"hill": "zip", "wide": "bar", "random_search": "bar"}.get(base, base)
        filled.save(replace(trace_of(replace(cell, label=label)), provenance=made))


def test_keys_tell_methods_apart_by_place_and_code(folder: Path, tmp_path: Path) -> None:
    write_module(folder, "clin", METHOD.format(name="Hill", short="hill"))
    entries = ["zip", "clim:Hill", {"name": "clin:Hill", "label": "other"}]
    spec = spec_at(folder, datasets=["pocket_dots"], methods=entries)
    first = {cell.label: cell.key for cell in planned(spec, tmp_path).cells}
    assert set(first) == {"zip", "hill", "other"}
    assert len(set(first.values())) == 3
    write_module(folder, "clim", METHOD.format(name="Hill", short="hill") + "    more = 1\n")
    forget()
    second = {cell.label: cell.key for cell in planned(spec, tmp_path).cells}
    assert {label for label in first if first[label] != second[label]} == {"hill"}


def test_short_name_and_place_are_the_same_cells(folder: Path, tmp_path: Path) -> None:
    offer(folder, "climb", GROUP, {"hill": "clim:Hill"})
    keys = []
    for name in ("hill", "clim:Hill"):
        spec = spec_at(folder, datasets=["pocket_dots"], methods=[{"name": name, "spread": 2}])
        (cell,) = planned(spec, tmp_path).cells
        keys.append((cell.key, cell.label, cell.cell.method.name))
    assert keys[0] == keys[1]
    assert keys[0][1:] == ("hill", "clim:Hill")


@pytest.mark.parametrize(
    "entry", [{"name": "clid:Dots"}, "clid:Dots"], ids=["a mapping", "a plain text"]
)
def test_a_dataset_is_named_as_a_method_is(folder: Path, tmp_path: Path, entry: object) -> None:
    spec = spec_at(folder, datasets=[entry], methods=["zero_shot"])
    (cell,) = planned(spec, tmp_path).cells
    assert cell.cell.dataset == "clid:Dots"
    assert planned(spec, tmp_path).outside_datasets() == ("clid:Dots",)


def test_what_is_wrong_is_told_before_anything_runs(folder: Path) -> None:
    spec = spec_at(folder, datasets=["clid:Dot"], methods=["clim:Hil"])
    said = querycurve("plan", spec)
    assert said.code == 2
    assert "has no Dot. Did you mean: Dots?" in said.err
    assert "has no Hil. Did you mean: Hill?" in said.err


@pytest.mark.parametrize("names", [("clim:Hill", "clid:Dots"), ("hill", "dots")], ids=str)
@pytest.mark.parametrize("verb", ["report", "status", "compare"])
def test_results_are_reported_after_the_packages_are_gone(
    folder: Path, tmp_path: Path, names: tuple[str, str], verb: str
) -> None:
    offer(folder, "climb", GROUP, {"hill": "clim:Hill"})
    offer(folder, "clidots", datasets.GROUP, {"dots": "clid:Dots"})
    method, dataset = names
    entries = ["zero_shot", method, {"name": method, "label": "wide", "spread": 20}]
    spec = spec_at(folder, datasets=["pocket_dots", dataset], methods=entries)
    store = tmp_path / "store"
    fill(planned(spec, store), store)
    before = querycurve(verb, spec, "--store", store)
    for part in folder.rglob("*"):
        if part.is_file():
            part.unlink()
    for module in ("clim", "clid"):
        sys.modules.pop(module, None)
    forget()
    refused = querycurve("plan", spec, "--store", store)
    assert refused.code == 2
    said = querycurve(verb, spec, "--store", store)
    assert (said.code, said.err) == (0, "")
    assert "the method is of a package that isn't installed here" in " ".join(said.out.split())
    if verb == "report":
        assert said.rows["pocket_dots", "wide"] == before.rows["pocket_dots", "wide"]
    if verb == "status":
        assert "6 done" in said.out


def test_ablations_are_reported_after_the_package_is_gone(folder: Path, tmp_path: Path) -> None:
    bases = {"base": ["clim:Hill", "random_search"], "vary": {"spread": [2, 3]}}
    spec = spec_at(folder, datasets=["pocket_dots"], methods=[], ablation=bases)
    store = tmp_path / "store"
    fill(planned(spec, store), store)
    before = querycurve("report", spec, "--store", store)
    (folder / "clim.py").unlink()
    sys.modules.pop("clim")
    forget()
    said = querycurve("report", spec, "--store", store)
    assert (said.code, said.err) == (0, "")
    rows = {place: row for place, row in before.rows.items() if place[0] == "pocket_dots"}
    assert rows
    assert rows == {place: said.rows[place] for place in rows}
    assert "6 done" in querycurve("status", spec, "--store", store).out


def test_a_search_is_told_of_after_the_package_is_gone(folder: Path, tmp_path: Path) -> None:
    search = {"method": "hill", "space": {"spread": {"uniform": [1, 9]}}, "trials": 2, "seeds": [9]}
    spec = spec_at(folder, datasets=["pocket_dots"], methods=["clim:Hill"], search=search)
    store = tmp_path / "store"
    fill(planned(spec, store), store)
    (folder / "clim.py").unlink()
    sys.modules.pop("clim")
    forget()
    said = querycurve("status", spec, "--store", store)
    assert (said.code, said.err) == (0, "")
    assert "1 done" in said.out


def test_a_name_that_the_store_does_not_know_is_refused_as_ever(
    folder: Path, tmp_path: Path
) -> None:
    spec, store = spec_at(folder, datasets=["pocket_dots"]), tmp_path / "store"
    fill(planned(spec, store), store)
    said = querycurve("report", spec, "--store", store, "--set", "methods=[zipp]")
    assert said.code == 2
    assert "unknown method 'zipp'. Did you mean: zip" in said.err


def test_a_worker_refuses_code_that_is_missing_or_other(folder: Path) -> None:
    digest = methods.outside_code(method_class("clim:Hill"))
    assert digest is not None
    check_outside({"clim:Hill": digest}, ["clid:Dots"])
    with pytest.raises(UserError, match=r"the code of clim:Hill on .* is not that which was plann"):
        check_outside({"clim:Hill": "other"}, [])
    with pytest.raises(
        UserError, match=r"no module 'gone_at_all'.*Install the same version of its"
    ):
        check_outside({"gone_at_all:Hill": digest}, [])
    with pytest.raises(UserError, match=r"no module 'gone_at_all'.*on every node"):
        check_outside({}, ["gone_at_all:Dots"])


def test_fingerprints_of_a_method_that_is_gone_are_those_that_are_left(folder: Path) -> None:
    (cell,) = planned(
        spec_at(folder, datasets=["pocket_dots"], methods=["clim:Hill"]), folder
    ).cells
    gone = cell.cell.model_dump()
    gone["method"]["name"] = "gone_at_all:Hill"
    assert fingerprints(Cell.model_validate(gone)) == {"rounding": None}


def test_lists_show_what_packages_offer(folder: Path) -> None:
    write_module(folder, "clib", "1 / 0")
    offer(folder, "climb", GROUP, {"hill": "clim:Hill", "bad": "clib:Bad"})
    offer(folder, "clidots", datasets.GROUP, {"dots": "clid:Dots"})
    said = querycurve("methods")
    assert said.code == 0
    assert "(of climb 1.0)" in said.out
    assert "bad: can't be used: bad of climb 1.0" in said.out.replace("\n", " ")
    assert "ZeroDivisionError" in said.out
    said = querycurve("datasets", "list")
    assert said.code == 0
    assert "dots: of clidots 1.0" in said.out
