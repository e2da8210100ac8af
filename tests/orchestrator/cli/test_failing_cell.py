"""Cells that fail in a run: the rest goes on, and the person is told, each cause once."""

from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.runs import SPEC, arguments
from tests.orchestrator.cli.verbs import querycurve
from tests.orchestrator.trial.test_worker import pocket_as_files


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """A folder of class folders of which no image is whole, as plans can't see."""
    folder = pocket_as_files(tmp_path / "spoilt", classes=2, images=10)
    for path in folder.rglob("*.png"):
        path.write_bytes(path.read_bytes()[:60])
    return folder


@pytest.mark.cluster
def test_failing_cells_do_not_stop_the_rest_and_the_exit_code_says_so(
    cluster: Cluster, tmp_path: Path, spoilt: Path
) -> None:
    broken = "{name: zip, label: broken, step_size: 1.0e+30}"
    spec = (
        *SPEC,
        f"datasets=[{{name: spoilt, path: {spoilt}}}, pocket_dots]",
        "seeds=[1]",
        "shots=[4]",
        "budget=100",
        f"methods=[zero_shot, zip, {broken}]",
    )
    result = querycurve(
        *arguments(tmp_path / "store", "--address", cluster.address, "--actors", "1", spec=spec)
    )
    assert result.code == 1, result.err
    assert "failed: pocket_dots / broken / 4 shots / seed 1" in result.out
    assert "not finite" in result.out
    assert "failed: spoilt / zero_shot and 2 more: dataset spoilt: can't read image" in result.out
    assert "died" not in result.out
    assert result.out.count("unreadable: skip") == 2, "at once, and at the end"
    assert "starting Ray" in result.out
    quiet = querycurve(
        *arguments(tmp_path / "store", "--address", cluster.address, "--quiet", spec=spec)
    )
    assert quiet.code == 1, quiet.err
    first, *others = quiet.out.splitlines()
    assert first.startswith("failed: ")
    assert "starting Ray" not in quiet.out
    assert not [line for line in others if line.startswith(("finished", "joining", "note"))]
    assert others[-1].startswith("report: ")
    store = Store(LocalStorage(tmp_path / "store"))
    assert len(store.finished_keys()) == 2
    errors = [store.failed(key).error for key in store.failed_keys()]
    assert sum("TrialError" in error for error in errors) == 1
    assert sum("ImageUnreadable" in error for error in errors) == 3
