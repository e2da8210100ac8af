"""The notebook of the documentation: executed afresh, and written with its outputs.

`python -m tests.querycurve.notebook` executes it and writes what it shows into it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
SECONDS = 300
"""For one cell, on a machine that is busy with others."""


def executed(folder: Path, changes: Mapping[str, str] | None = None) -> Any:
    """The notebook as it looks after all of its cells have run in a folder.

    Args:
        folder: where its store is written.
        changes: texts in its cells, and what stands in their places.

    Raises:
        CellExecutionError: a cell fails.
    """
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for old, new in (changes or {}).items():
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    )
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    client.execute(env={**os.environ, "PYTHONPATH": path})
    return notebook


def main() -> None:
    """Writes the outputs of a fresh run into the notebook."""
    with tempfile.TemporaryDirectory(prefix="notebook-") as folder:
        notebook = executed(Path(folder))
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
