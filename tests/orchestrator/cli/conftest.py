"""What tests of whole runs share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def hold(tmp_path: Path) -> Path:
    """While this file is there, cells of trace-only actors wait after their first step."""
    file = tmp_path / "hold"
    file.touch()
    return file
