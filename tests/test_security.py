"""What others wrote is data: it is never run, and secrets are never shown."""

from __future__ import annotations

import ast
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from orchestrator.cli import main as cli
from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.encoder import resolve_encoder
from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.loading import load_model
from orchestrator.oracle.mae_encoder import load_encoder
from orchestrator.tracking.entries import TrackedSpec, cell_entry
from orchestrator.tracking.tracker import Tracker, TrackingError
from orchestrator.trial.trial import Trial
from tests.orchestrator.analysis.builders import make_run
from tests.orchestrator.trial.test_worker import Bench

ROOT = Path(__file__).parent.parent
ROOMS = ("querycurve", "orchestrator", "methods", "benchmarks", "extensions", "clusters")
SOURCES = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def calls(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every call in a file: what is called, and its keywords, as they are written."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            keywords = {k.arg: ast.unparse(k.value) for k in node.keywords if k.arg}
            yield ast.unparse(node.func), keywords


def test_nothing_reads_a_pickle_or_runs_a_text() -> None:
    for path in SOURCES:
        for name, keywords in calls(path):
            where = f"{path}: {name}"
            if name == "torch.load":
                assert keywords.get("weights_only") == "True", where
            assert not name.startswith(("pickle.", "cloudpickle.", "joblib.", "shelve.")), where
            assert name not in {"eval", "exec", "yaml.load", "os.system", "os.popen"}, where
            assert keywords.get("shell", "False") == "False", where
            assert keywords.get("allow_pickle", "False") == "False", where
            if name.endswith((".extractall", ".extract")):
                assert keywords.get("filter") == "'data'", where


def test_a_program_is_loaded_in_one_place_alone() -> None:
    """An adapter in Python is a program of its user's own, who names it in the spec."""
    loading = [path.name for path in SOURCES for name, _ in calls(path) if "exec_module" in name]
    assert loading == ["python_loading.py"]


class Trap:
    """An object whose pickle makes a file when it is read."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._mark),)


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Path]:
    """A weights file with a trap in it, which must not have gone off in the end."""
    mark = tmp_path / "the-trap-went-off"
    path = tmp_path / "weights.pt"
    torch.save({"weight": Trap(mark)}, path)
    yield path
    assert not mark.exists()


def test_a_trap_in_a_checkpoint_of_the_backbone_does_not_go_off(trap: Path) -> None:
    backbone = resolve_backbone(Backbone(model="ViT-S-32-alt", pretrained=str(trap)))
    with pytest.raises(UserError, match="can't load backbone"):
        load_model(backbone, "fp32", torch.device("cpu"))


def test_a_trap_in_the_weights_of_an_encoder_does_not_go_off(trap: Path) -> None:
    with pytest.raises(UserError, match="can't read encoder weights"):
        load_encoder(resolve_encoder(str(trap)), torch.device("cpu"))


def test_a_pickle_in_place_of_stored_features_is_damaged_and_no_more(tmp_path: Path) -> None:
    mark = tmp_path / "the-trap-went-off"
    assert FeatureTable.from_bytes(pickle.dumps(Trap(mark))) is None
    assert not mark.exists()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:hunter2@host/db", "postgresql://me:***@host/db"),
        ("no server at http://a:b@c:5000/ or d", "no server at http://a:***@c:5000/ or d"),
        ("http://host:5000/@x", "http://host:5000/@x"),
        ("sqlite:////tmp/mlflow.db", "sqlite:////tmp/mlflow.db"),
        ("postgresql+psycopg2://:hunter2@host", "postgresql+psycopg2://:***@host"),
    ],
)
def test_addresses_are_shown_without_their_password(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_secrets_of_the_environment_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "/abc+hidden/key")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token")
    monkeypatch.setenv("SHORT_TOKEN", "word")
    text = "ClientError: key /abc+hidden/key in /var/run/token is no word"
    assert masked(text) == "ClientError: key *** in /var/run/token is no word"


def test_a_failed_cell_keeps_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden-from-all")
    bench = Bench(tmp_path)

    def refuse(*_: object) -> None:
        raise ValueError("no access with hidden-from-all at http://me:hunter2@host")

    monkeypatch.setattr(Trial, "run", refuse)
    cell = bench.cells["zip"]
    outcome = bench.worker.run_cell(cell.cell, cell.key, bench.table(cell))
    kept = bench.store.failed(cell.key).error
    assert "no access with *** at http://me:***@host" in kept
    for secret in ("hidden-from-all", "hunter2"):
        assert secret not in kept + outcome.error


def test_an_error_of_mlflow_does_not_show_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    tracker = Tracker("http://me:hunter2@127.0.0.1:9", "name")
    entry = cell_entry(make_run([(0, 30), (10, 40)]), TrackedSpec("name", "name: name", 10))
    with pytest.raises(TrackingError) as caught:
        tracker.put(entry)
    assert "hunter2" not in str(caught.value)
    assert "me:***@127.0.0.1" in str(caught.value)
    assert caught.value.__suppress_context__, "the cause holds the address"


def ui_command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[str]:
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _program, command: seen.append(command))
    monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", "")
    with pytest.raises(SystemExit):
        cli.main(["ui", "--tracking-uri", "postgresql://me:hunter2@host/db", *arguments])
    (command,) = seen
    return command


def test_the_mlflow_ui_listens_on_this_machine_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = ui_command(monkeypatch)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert "hunter2" not in " ".join(command), "other users see arguments"
    command = ui_command(monkeypatch, "--host", "0.0.0.0")
    assert command[command.index("--host") + 1] == "0.0.0.0"
