"""An actor that asks a service loads no model, nor the packages that would."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import orchestrator.trial.factory
import orchestrator.trial.service_box
import orchestrator.oracle.remote.protocol.http_service
print(*sorted({"open_clip", "timm", "transformers", "ray", "mlflow"} & sys.modules.keys()))
"""


def test_a_worker_on_a_service_imports_no_model_code() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
