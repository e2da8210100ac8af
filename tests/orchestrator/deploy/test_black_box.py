"""A prompt is used with the model that it was tuned for, wherever that is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from benchmarks.backbones import BACKBONES
from orchestrator.deploy.export import load_prompt, prompt_from_store
from orchestrator.errors import UserError
from tests.conformance.tiny_clip import write_tiny_clip
from tests.orchestrator.deploy.desk import Desk, measured, traced
from tests.orchestrator.oracle.remote.services import ADDRESS, BACKBONE, reach, served


@pytest.fixture
def exported(done: Desk, tmp_path: Path) -> Path:
    prompt_from_store(done.store, done.cell("zip").key).save(tmp_path / "out")
    return tmp_path / "out"


def test_the_same_model_in_another_place_is_taken(
    exported: Path, done: Desk, tmp_path: Path
) -> None:
    shutil.copytree(BACKBONES["pocket"].model.removeprefix("local-dir:"), tmp_path / "moved")
    prompt = load_prompt(exported, backbone=f"local-dir:{tmp_path / 'moved'}")
    trace = done.store.finished(done.cell("zip").key)
    assert measured(prompt).accuracy == pytest.approx(traced(trace).accuracy)


def test_other_weights_are_refused_unless_they_are_wanted(
    exported: Path, done: Desk, tmp_path: Path
) -> None:
    place = tmp_path / "other"
    shutil.copytree(BACKBONES["pocket"].model.removeprefix("local-dir:"), place)
    (weights,) = place.glob("*.safetensors")
    tensors = load_file(weights)
    save_file({**tensors, "logit_scale": tensors["logit_scale"] + 1}, weights)
    other = f"local-dir:{place}"
    with pytest.raises(UserError, match="is not the model that the prompt was tuned for, 'pocket'"):
        load_prompt(exported, backbone=other)
    prompt = load_prompt(exported, backbone=other, check_backbone=False)
    assert measured(prompt).loss != pytest.approx(measured(load_prompt(exported)).loss, abs=1e-3)


def test_a_model_of_other_shapes_is_refused(exported: Path, tmp_path: Path) -> None:
    other = write_tiny_clip(tmp_path / "tiny").model
    with pytest.raises(UserError, match="doesn't fit this backbone, which takes context tokens of"):
        load_prompt(exported, backbone=other, check_backbone=False)


@pytest.mark.parametrize("given", ["poket", {"modl": "pocket"}, "local-dir:/nowhere"])
def test_a_model_that_is_nowhere_is_refused(given: str, exported: Path) -> None:
    with pytest.raises(UserError, match=r"pocket|model|nowhere"):
        load_prompt(exported, backbone=given)


def test_an_unknown_device_is_refused(exported: Path) -> None:
    with pytest.raises(UserError, match="unknown device 'gpu7'"):
        load_prompt(exported, device="gpu7")


@pytest.mark.parametrize("label", ["zip", "bar"])
def test_a_service_answers_as_the_trial_measured(
    label: str, few_images: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(monkeypatch, served())
    method = {"zip": "{name: zip, intrinsic_dimension: 100}", "bar": "bar"}[label]
    desk = Desk(tmp_path, BACKBONE, f"methods=[{method}]", "budget=20", "augmentation=none")
    cell = desk.cell(label)
    trace = desk.trace(cell)
    place = {"model": "pocket", "service": ADDRESS}
    with pytest.raises(UserError, match="which a service offers: say where"):
        prompt_from_store(desk.store, cell.key)
    prompt_from_store(desk.store, cell.key, backbone=place).save(tmp_path / "out")
    assert ADDRESS not in (tmp_path / "out" / "prompt.json").read_text()
    found = measured(load_prompt(tmp_path / "out", backbone=place))
    assert found.loss == pytest.approx(traced(trace).loss, abs=1e-5)
