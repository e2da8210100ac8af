"""Keys of the cells of ready specs: what a store's results are called, in every release.

`python -m tests.orchestrator.plan.keys` writes those of today to the data file.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.benchmarks.datasets.trees import paper_trees

SPECS = (
    "demo",
    "pocket_few_shot",
    "pocket_base_to_new",
    "pocket_cross_dataset",
    "pocket_out_of_distribution",
    "few_shot",
    "pocket_few_shot evaluation.images=100",
)
FILE = Path(__file__).parent / "keys.json"


def paper_data(root: Path) -> None:
    """The paper's datasets with files of one size, which no library's encoder can change."""
    paper_trees(root)
    for path in root.rglob("*"):
        if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
            path.write_bytes(b"an image")


def keys_of(spec: str, data: Path) -> dict[str, str]:
    """The key of each cell of a ready spec, by what the cell is called.

    Args:
        spec: its name, and after it what is changed.
        data: a folder with the paper's datasets.
    """
    name, *overrides = spec.split()
    plan = make_plan(load_spec(name, overrides), Store(LocalStorage(data / "store")), data)
    return {cell.title: cell.key for cell in plan.cells}


def main() -> None:
    """Writes the keys of today."""
    with tempfile.TemporaryDirectory() as folder:
        paper_data(Path(folder))
        keys = {spec: keys_of(spec, Path(folder)) for spec in SPECS}
    FILE.write_text(json.dumps(keys, indent=1) + "\n")


if __name__ == "__main__":
    main()
