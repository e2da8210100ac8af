"""What is told when a plan is launched; nothing is run here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orchestrator.cli import driving
from orchestrator.cli.launch import launch
from orchestrator.cli.options import PATIENCE
from orchestrator.console import hushed
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.pool.options import LaunchOptions
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.verbs import plan_of, shown, write_spec


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(write_spec(tmp_path, methods=["zip"]), tmp_path / "results")


def options(address: str | None = None) -> LaunchOptions:
    return LaunchOptions("data", address, None, None, None, False, 10.0, None, PATIENCE, 0)


def test_a_wrong_address_is_refused_before_ray_is_imported(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "orchestrator.cli.driving", None)  # it can't be imported
    with pytest.raises(UserError, match="expected HOST:PORT"):
        launch(plan, Store(LocalStorage(tmp_path / "results")), options("garbage"))


@pytest.mark.parametrize("quiet", [False, True])
def test_failed_cells_are_told_where_it_is_quiet_too(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet: bool
) -> None:
    def drive(*_: object) -> list[tuple[object, str]]:
        return [(cell, "ValueError: no") for cell in plan.cells]

    def launched() -> None:
        with hushed(on=quiet):
            assert launch(plan, Store(LocalStorage(tmp_path / "results")), options()) == 4

    monkeypatch.setattr(driving, "drive", drive)
    said = shown(launched).splitlines()
    told = ["small: 4 new", "starting Ray and loading the model ..."]
    assert said[:-2] == ([] if quiet else told)
    assert said[-2].startswith("failed: pocket_dots / zip / 16 shots / seed 1 and 3 more: Value")
    assert said[-1].startswith("4 cells failed")


def test_a_quiet_run_shows_no_progress(plan: Plan) -> None:
    def ended() -> None:
        with driving.on_console(plan.cells, {}) as display:
            display.ended(plan.cells[0], "")

    def quietly() -> None:
        with hushed():
            ended()

    assert "finished" in shown(ended)
    assert shown(quietly) == ""
