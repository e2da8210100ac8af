"""Running from Python: what is said and refused; `test_notebook.py` has a whole run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import orchestrator.cli.launch
import querycurve as qc
import querycurve.running
from orchestrator.cli.work import open_work
from orchestrator.pool.display import RunDisplay
from orchestrator.pool.notebook_display import NotebookDisplay
from tests.querycurve.conftest import SPEC

DONE = {**SPEC, "methods": ["zero_shot", "zip"]}
"""What the store has whole."""


@pytest.fixture(autouse=True)
def planned_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans in this process: another one takes seconds to start."""

    def here(function: Callable[..., Any], *given: Any) -> Any:
        return function(*given)

    monkeypatch.setattr("orchestrator.plan.apart.apart", here)


def test_a_run_of_what_is_done_returns_it_and_starts_no_ray(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.cli.driving.drive", None)
    results = qc.run(DONE, filled, tracking=False)
    assert set(results.cells.status) == {"done"}
    assert len(results.cells) == 6
    assert not (filled / "reports").exists()


def test_an_interrupted_run_says_that_the_same_call_goes_on(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(orchestrator.cli.launch, "launch", interrupted)
    with pytest.raises(KeyboardInterrupt, match="the same call goes on") as caught:
        qc.run(SPEC, filled, tracking=False)
    assert isinstance(caught.value, qc.Interrupted)
    assert caught.value._render_traceback_() == [str(caught.value)]


def test_a_process_that_is_connected_to_ray_is_left_alone(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: True))
    with pytest.raises(qc.UserError, match=r"call ray.shutdown\(\) first"):
        qc.run(SPEC, filled)


def test_what_can_not_be_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orchestrator.cli.launch, "launch", None)
    with pytest.raises(qc.UserError, match="no spec 'demmo'"):
        qc.run("demmo", tmp_path)
    with pytest.raises(qc.UserError, match="pixel-cache"):
        qc.run(SPEC, tmp_path, pixel_cache="much")
    with pytest.raises(qc.UserError, match="price"):
        qc.run(SPEC, tmp_path, max_cost=3)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_shown_as_a_notebook_shows_it_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = open_work(SPEC, (), str(tmp_path), "data").plan.to_run()
    with querycurve.running._display(cells, {}, progress=False) as silent:
        silent.say("nothing")
    assert capsys.readouterr().out == ""
    assert type(querycurve.running._display(cells, {}, progress=True)) is RunDisplay
    monkeypatch.setattr(querycurve.running.output, "is_jupyter", True)
    assert type(querycurve.running._display(cells, {}, progress=True)) is NotebookDisplay
