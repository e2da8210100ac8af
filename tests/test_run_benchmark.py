"""The file that `ray submit` uploads can be run, and says what to do where it can't."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).parents[1] / "run_benchmark.py"


def test_it_can_be_run() -> None:
    assert os.access(FILE, os.X_OK)
    assert FILE.read_text().startswith("#!/usr/bin/env python3\n")


def test_a_python_without_the_packages_says_what_to_do() -> None:
    command = [sys.executable, "-S", "-E", str(FILE), "plan", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Run 'make install'" in done.stderr
    assert "Traceback" not in done.stderr
