"""What a process imports, by name: seen in a new interpreter, as this one has it all already."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

HEAVY = {"torch", "torchvision", "open_clip", "timm", "cma", "mlflow", "optuna", "matplotlib"}
HEAVY |= {"plotly", "scipy", "sklearn"}
"""What no light process needs; together they take half a gigabyte and more."""

SCRIPT = """
import importlib, pickle, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
pickle.load(sys.stdin.buffer)
print(*sys.modules)
"""


def imported(*modules: str, sent: object = None) -> set[str]:
    """Names of all that a process has imported that imports modules and is sent an object."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *modules],
        input=pickle.dumps(sent),
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
    )
    return set(done.stdout.decode().split())
