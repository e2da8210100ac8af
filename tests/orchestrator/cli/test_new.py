"""The verb `new`: a method or a dataset that works as it is written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.datasets.registry import open_dataset
from orchestrator.cli import new_files
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from querycurve.testing import DatasetSuite, MethodSuite
from querycurve.testing.pins import own_name, pins, write_pins
from tests.orchestrator.cli.verbs import querycurve


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, where pins are written by this process: another costs seconds."""
    monkeypatch.chdir(tmp_path)
    # With it on the path, a package's folder looks like a package, before its module is found.
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def pin(
        command: Sequence[str], cwd: Path, env: Mapping[str, str], **_: Any
    ) -> subprocess.CompletedProcess[str]:
        *_, file, name = command
        sys.path[:] = env["PYTHONPATH"].split(os.pathsep)
        write_pins(tmp_path / cwd / file, {own_name(name): pins(name)})
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", pin)
    return tmp_path


def planned(folder: Path) -> list[str]:
    spec = load_spec(str(folder / "try.yaml"))
    return [cell.title for cell in make_plan(spec, Store(LocalStorage(folder)), "data").to_run()]


def test_a_method_passes_its_suite_and_can_be_run(here: Path) -> None:
    said = querycurve("new", "method", "fresh_climber")
    assert (said.code, said.err) == (0, "")
    folder = here / "fresh_climber"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.suffix != ".pyc"}
    tests = {"tests/test_fresh_climber.py", "tests/pins.json"}
    assert names == {"pyproject.toml", "fresh_climber.py", "try.yaml", *tests}
    entry = '[project.entry-points."querycurve.methods"]\nfresh_climber = "fresh_climber:FreshClim'
    assert entry in (folder / "pyproject.toml").read_text()

    class Suite(MethodSuite):
        name = "fresh_climber:FreshClimber"
        moves = False
        pins = folder / "tests" / "pins.json"

    suite = Suite()
    suite.test_proposals_are_as_pinned()
    suite.test_improves_on_a_convex_problem()
    suite.test_killed_after_any_step_and_resumed_equals_uninterrupted()
    suite.test_a_plan_knows_what_is_asked()
    assert any("fresh_climber" in title for title in planned(folder))


def test_a_dataset_passes_its_suite_and_can_be_run(here: Path) -> None:
    said = querycurve("new", "dataset", "fresh_data", "--to", "there")
    assert (said.code, said.err) == (0, "")
    folder = here / "there"
    sys.path.append(str(folder))

    class Suite(DatasetSuite):
        name = "fresh_data:FreshData"

    suite = Suite()
    for test in [name for name in dir(suite) if name.startswith("test_")]:
        getattr(suite, test)(*([here] if "missing" in test else []))
    assert len(open_dataset("fresh_data:FreshData", here).items("train")) == 96
    assert len(planned(folder)) == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("zip", "there is a method called zip"),
        ("My-Method", "can't be the name of a method: expected lower-case letters"),
        ("lambda", "and no word of Python"),
        ("json", "there is a module called json"),
    ],
)
def test_names_that_cannot_be_are_refused(here: Path, name: str, told: str) -> None:
    said = querycurve("new", "method", name)
    assert said.code == 2
    assert told in said.err.replace("\n", " ")
    assert list(here.iterdir()) == []


def test_nothing_is_overwritten(here: Path) -> None:
    (here / "there").mkdir()
    (here / "there" / "try.yaml").write_text("mine")
    said = querycurve("new", "dataset", "fresh_images", "--to", "there")
    assert said.code == 2
    assert "there/try.yaml is there already" in said.err
    assert [path.name for path in (here / "there").iterdir()] == ["try.yaml"]


def test_in_a_clone_the_projects_own_folders_are_used(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suites = here / "tests" / "methods" / "test_conformance.py"
    suites.parent.mkdir(parents=True)
    suites.write_text(f"import pytest\n{new_files._BEFORE}() -> None: ...\n")
    (here / "tests" / "methods" / "pins.json").write_text('{"zip": {}}\n')
    monkeypatch.setattr(new_files, "_is_clone", lambda folder: folder == here)
    monkeypatch.setattr(new_files, "_pin", lambda *_: None)
    said = querycurve("new", "method", "fresh_one")
    assert (said.code, said.err) == (0, "")
    assert 'name = "fresh_one"' in (here / "methods" / "fresh_one.py").read_text()
    assert 'class TestFreshOne(MethodSuite):\n    name = "fresh_one"\n' in suites.read_text()
    querycurve("new", "dataset", "fresh_images")
    assert (here / "benchmarks" / "datasets" / "zoo" / "fresh_images.py").exists()
    test = here / "tests" / "benchmarks" / "datasets" / "zoo" / "test_fresh_images.py"
    assert 'name = "fresh_images"' in test.read_text()
