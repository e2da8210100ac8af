"""A cell that meant an experiment yesterday is called the same today, or its result is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.orchestrator.plan.keys import FILE, SPECS, keys_of, paper_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    paper_data(root)
    return root


@pytest.mark.parametrize("spec", SPECS)
def test_the_cells_of_ready_specs_keep_their_keys(spec: str, data: Path) -> None:
    pinned = json.loads(FILE.read_text())[spec]
    assert all(pinned.values())
    assert keys_of(spec, data) == pinned
