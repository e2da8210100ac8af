"""The notebook of the documentation does what it shows: a plan, a run, tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.querycurve.notebook import NOTEBOOK, executed

SMALLER = {
    '"seeds": [1, 2, 3]': '"seeds": [1]',
    '"budget": 200': '"budget": 40',
    "budget=500": "budget=40",
}
LARGEST = 300_000
"""Bytes that a page of documentation may take."""


@pytest.mark.cluster
def test_every_cell_of_the_notebook_runs(tmp_path: Path) -> None:
    """It fails with the error of the first cell that does."""
    found = executed(tmp_path, SMALLER)
    assert "6 cells (6 done)" in texts(found)
    assert len(list((tmp_path / "results" / "results").iterdir())) == 6


def test_the_notebook_is_kept_with_its_outputs_and_is_small() -> None:
    kept = nbformat.read(NOTEBOOK, as_version=4)
    assert "14 done" in texts(kept)
    assert NOTEBOOK.stat().st_size < LARGEST
    kinds = {kind for output in outputs(kept) for kind in output.get("data", {})}
    assert {"image/png", "text/html"} <= kinds


def test_the_notebook_shows_no_warning_and_no_error() -> None:
    kept = nbformat.read(NOTEBOOK, as_version=4)
    kinds = {(one["output_type"], one.get("name")) for one in outputs(kept)}
    assert kinds <= {("display_data", None), ("execute_result", None), ("stream", "stdout")}


def outputs(notebook: Any) -> list[Any]:
    """All that its cells have shown."""
    return [one for cell in notebook.cells for one in cell.get("outputs", ())]


def texts(notebook: Any) -> str:
    """What its cells have shown as text."""
    return "\n".join(one.get("data", {}).get("text/plain", "") for one in outputs(notebook))
