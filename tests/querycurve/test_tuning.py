"""A prompt is tuned in this process, as the command line would tune it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import querycurve as qc
from methods.zip import Zip
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.deploy.desk import measured
from tests.orchestrator.trial.test_worker import pocket_as_files

SMALL: dict[str, Any] = {
    "budget": 20,
    "shots": 2,
    "batch_size": 4,
    "intrinsic_dimension": 100,
    "augmentation": "none",
    "progress": False,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def prompt(store: Path) -> qc.Prompt:
    return qc.tune("zip", "pocket_dots", store=store, **SMALL)


def test_it_spends_its_budget_and_does_what_it_says(prompt: qc.Prompt) -> None:
    assert prompt.record.queries == 20
    assert prompt.class_names[0] == "one"
    assert measured(prompt).accuracy == pytest.approx(prompt.accuracy)


def test_a_kept_result_is_not_tuned_again(
    prompt: qc.Prompt, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("orchestrator.trial.worker.Worker.run_cell")
    again = qc.tune("zip", "pocket_dots", store=store, **SMALL)
    assert again.record == prompt.record
    assert Store(LocalStorage(store)).finished_keys() == {prompt.record.key}


def test_it_is_saved_and_loaded(prompt: qc.Prompt, tmp_path: Path) -> None:
    prompt.save(tmp_path)
    loaded = qc.load_prompt(tmp_path)
    assert loaded.record == prompt.record
    assert repr(loaded) == repr(prompt)


def test_own_images_are_a_dataset(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pocket_as_files(tmp_path / "My Dots")
    settings = {**SMALL, "progress": True}
    found = qc.tune("zip", tmp_path / "My Dots", **settings)
    assert found.record.cell.dataset == "my-dots"
    assert found.class_names == ("one", "three", "two")
    assert f"zip on my-dots: {found.accuracy:.2f} % of the test images" in capfd.readouterr().err


def test_own_images_may_have_a_name_and_templates(tmp_path: Path) -> None:
    pocket_as_files(tmp_path / "shapes")
    entry = {"name": "dots", "path": str(tmp_path / "shapes"), "templates": ["{} black dots."]}
    found = qc.tune("zero_shot", entry, shots=2, progress=False)
    assert found.record.texts.templates == ("{} black dots.",)


@pytest.mark.parametrize(
    ("method", "dataset", "settings", "told"),
    [
        ("zap", "pocket_dots", {}, "unknown method 'zap'. Did you mean: zip"),
        ("zip", "pocket_dot", {}, "unknown dataset 'pocket_dot'. Did you mean: pocket_dots"),
        ("zip", "pocket_dots", {"pairz": 2}, "unknown field 'pairz'. Did you mean: pairs"),
        ("zip", "pocket_dots", {"budget": 1}, "budget 1 is below one step of zip"),
        ("zip", "pocket_dots", {"backbone": "poket"}, "unknown backbone 'poket'"),
        ("zip", "nowhere/dots", {}, "nowhere/dots is not there"),
        ("zip", "food101", {}, "can't be tuned: .* is not there"),
        ("zip", "pocket_dots", {"shots": 0, "seed": "x"}, r"that can't be tuned:\n.*shots.*\n.*"),
        ("zip", "pocket_dots", {"data": "s3:/x"}, "s3:"),
        ("zip", "pocket_dots", {"name": "bar"}, "zip has no setting `name`"),
        (Zip, "pocket_dots", {}, "expected a name or package.module:Class, got a value"),
    ],
)
def test_mistakes_are_told_before_work_starts(
    method: Any, dataset: str, settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(qc.UserError, match=told):
        qc.tune(method, dataset, progress=False, **settings)


def test_what_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("out of luck")

    monkeypatch.setattr("methods.zip.Zip.tell", broken)
    with pytest.raises(qc.UserError, match=r"zip .* failed: .*out of luck") as caught:
        qc.tune("zip", "pocket_dots", **SMALL)
    assert "Traceback" in caught.value.__notes__[0]
