"""What is planned in a process of its own is the same plan, and what planning loads stays there."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.plan.apart import apart
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.imports import ROOT

SCRIPT = """
import os
import sys
sys.path[:0] = [sys.argv[2], os.getcwd()]
from orchestrator.plan.apart import apart
from tests.orchestrator.plan.test_apart import plan_of

plan = apart(plan_of, "demo", sys.argv[1])
assert "torch" not in sys.modules, "planning has loaded it here"
print(*(cell.key for cell in plan.cells))
try:
    apart(plan_of, "dmo", sys.argv[1])
except Exception as error:
    print(type(error).__name__, error)
try:
    apart(os._exit, 9)
except Exception as error:
    print(type(error).__name__, error)
"""


def plan_of(spec: str, folder: str) -> Plan:
    plan = make_plan(load_spec(spec), Store(LocalStorage(Path(folder))), folder)
    importlib.import_module("torch")  # as a published model's name would
    return plan


def test_plan_and_errors_are_the_same_and_torch_stays_away(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        plan_of("dmo", str(tmp_path))
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "torch.py").touch()  # the true one takes seconds
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(tmp_path / "modules")],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        cwd=ROOT,
    )
    keys, *errors = done.stdout.strip().split("\n")
    assert keys.split() == [cell.key for cell in plan_of("demo", str(tmp_path)).cells]
    assert errors[:-1] == f"UserError {refused.value}".split("\n")
    assert errors[-1].startswith("UserError planning ended before it was done")


def test_where_torch_is_there_no_process_is_made(tmp_path: Path) -> None:
    plan_of("demo", str(tmp_path))
    assert "torch" in sys.modules
    assert apart(os.getpid) == os.getpid()
