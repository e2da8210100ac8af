"""What lies in a user's folder hides nothing of the project, or is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from orchestrator.pool.import_path import OurModules

ROOT = Path(__file__).parents[2]
RUN = "from querycurve.command import main; main()"


def test_a_file_that_hides_a_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "methods.py").write_text("raise RuntimeError('the user runs this')")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-P", "-c", RUN, "methods"],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"error: {tmp_path / 'methods.py'} hides querycurve's own package"
    )
    assert "Rename it" in done.stderr
    assert "Traceback" not in done.stderr


def test_workers_of_a_cluster_look_where_our_packages_are_and_not_where_a_run_started() -> None:
    job = OurModules(_py_driver_sys_path=["/where/it/started"])
    job._serialize()
    assert job._py_driver_sys_path == [str(ROOT)]
