"""A real `ray up`, `ray submit` and `ray down`, in namespaces of their own; see ray_up.sh."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store

SCRIPT = Path(__file__).parent / "ray_up.sh"
UNSHARE = ["unshare", "--pid", "--mount", "--net", "--fork", "--mount-proc", "--kill-child"]


def why_not() -> str:
    """What this machine lacks; empty when nothing."""
    if os.geteuid() != 0:
        return "it takes root to make namespaces"
    needed = ("unshare", "/usr/sbin/sshd", "ssh", "rsync", "ip")
    if absent := [name for name in needed if shutil.which(name) is None]:
        return f"not installed: {', '.join(absent)}"
    attempt = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True, check=False)
    return attempt.stderr.strip()


REASON = why_not()


@pytest.mark.cluster
@pytest.mark.skipif(bool(REASON), reason=REASON)
def test_a_small_grid_finishes_on_own_hosts(tmp_path: Path) -> None:
    own = {k: v for k, v in os.environ.items() if not k.startswith("RAY_AUTH")}
    result = subprocess.run(
        [*UNSHARE, "bash", str(SCRIPT), str(tmp_path), sys.executable],
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    assert len(Store(LocalStorage(tmp_path / "querycurve" / "results")).finished_keys()) == 2, said
    first, second = said.split("== ray job submit, with nothing left to do")
    assert "2 new" in first
    assert "2 done" in second
    assert "Ray processes that are left: 0" in said
