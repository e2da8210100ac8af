"""A cell that fails in a run: the rest goes on, and the person is told."""

from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.runs import SPEC, arguments
from tests.orchestrator.cli.verbs import querycurve


@pytest.mark.cluster
def test_a_failing_cell_does_not_stop_the_rest_and_the_exit_code_says_so(
    cluster: Cluster, tmp_path: Path
) -> None:
    broken = "{name: zip, label: broken, step_size: 1.0e+30}"
    spec = (*SPEC, "seeds=[1]", "budget=100", f"methods=[zero_shot, zip, {broken}]")
    result = querycurve(
        *arguments(tmp_path, "--address", cluster.address, "--actors", "1", spec=spec)
    )
    assert result.code == 1, result.err
    assert "failed: pocket_dots / broken / 16 shots / seed 1" in result.out
    assert "not finite" in result.out
    store = Store(LocalStorage(tmp_path))
    assert len(store.finished_keys()) == 2
    (key,) = store.failed_keys()
    assert "TrialError" in store.failed(key).error
