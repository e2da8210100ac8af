"""What `querycurve` offers is there, and nothing heavy is loaded before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import querycurve

HEAVY = {"torch", "ray", "mlflow", "open_clip", "pandas", "matplotlib", "numpy", "pydantic"}


def test_importing_it_loads_nothing_heavy() -> None:
    script = "import sys, querycurve; dir(querycurve); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert HEAVY & set(done.stdout.split()) == set()


def test_every_name_leads_somewhere() -> None:
    for name in querycurve.__all__:
        assert getattr(querycurve, name).__name__ == name
        assert name in dir(querycurve)


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="'querycurve' has no attribute 'tuna'"):
        _ = querycurve.tuna
