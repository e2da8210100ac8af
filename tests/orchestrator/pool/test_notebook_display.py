"""What a notebook shows of a run."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.pool.notebook_display import LINES, NotebookDisplay
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store


class Frontend:
    """Shows one thing at a time, in the same place."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def display(self, bundle: dict[str, str], **_: Any) -> Frontend:
        self.shown.append(bundle)
        return self

    update = display

    @property
    def text(self) -> str:
        """What is seen now."""
        return self.shown[-1]["text/plain"]


@pytest.fixture
def frontend(monkeypatch: pytest.MonkeyPatch) -> Frontend:
    """Stands for a notebook."""
    found = Frontend()
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=found.display))
    return found


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> tuple[PlannedCell, ...]:
    """Two cells of 60 queries each."""
    spec = {
        "name": "two", "datasets": ["pocket_dots"], "methods": ["zip"], "seeds": [1, 2],
        "backbone": "pocket", "budget": 60, "augmentation": "none",
    }  # fmt: skip
    store = Store(open_storage(str(tmp_path_factory.mktemp("none"))))
    return make_plan(load_spec(spec), store, Path("data")).cells


def test_bars_are_drawn_anew_in_the_same_place(
    frontend: Frontend, cells: tuple[PlannedCell, ...]
) -> None:
    with NotebookDisplay(cells, pause=0) as display:
        assert "0/2 cells" in frontend.text
        display.started(cells[0])
        display.advanced(cells[0].key, 30)
        assert "30/120 queries" in frontend.text
        assert cells[0].title in frontend.text
        display.ended(cells[0], "")
    assert "1/2 cells" in frontend.text
    assert f"finished {cells[0].title}" in frontend.text
    assert "60/120 queries" in frontend.text
    assert frontend.text.count("cells") == 1, "what was drawn before is gone"


def test_the_last_lines_stay(frontend: Frontend, cells: tuple[PlannedCell, ...]) -> None:
    with NotebookDisplay(cells, pause=0) as display:
        for number in range(LINES + 3):
            display.say(f"line {number}.")
    assert f"line {LINES + 2}." in frontend.text
    assert "line 2." not in frontend.text


def test_what_is_shown_is_no_markup(frontend: Frontend, cells: tuple[PlannedCell, ...]) -> None:
    with NotebookDisplay(cells, pause=0) as display:
        display.say("<b>[red]it[/red]</b>")
    assert "<b>[red]it[/red]</b>" in frontend.text
    assert "&lt;b&gt;[red]it[/red]&lt;/b&gt;" in frontend.shown[-1]["text/html"]


def test_a_fast_run_does_not_flood_the_notebook(
    frontend: Frontend, cells: tuple[PlannedCell, ...]
) -> None:
    with NotebookDisplay(cells, pause=3600) as display:
        display.started(cells[0])
        for queries in range(60):
            display.advanced(cells[0].key, queries)
    assert len(frontend.shown) <= 3, "at the start, once, and at the end"
    assert "59/120 queries" in frontend.text, "the end is always seen"
