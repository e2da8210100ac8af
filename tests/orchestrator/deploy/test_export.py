"""A prompt leaves the store with all that its use takes; what can't leave says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from methods.zip import Zip
from orchestrator.deploy import folder as folder_module
from orchestrator.deploy.export import load_prompt, prompt_from_store
from orchestrator.deploy.folder import read_prompt, write_prompt
from orchestrator.deploy.from_store import Data
from orchestrator.deploy.target import RECORD, TENSORS
from orchestrator.errors import UserError
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from tests.orchestrator.deploy.desk import Desk, measured, traced


@pytest.fixture
def exported(done: Desk, tmp_path: Path) -> Path:
    prompt_from_store(done.store, done.cell("zip").key).save(tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def copied(done: Desk, tmp_path: Path) -> Store:
    """A store with zip's result alone, to damage."""
    key, there = done.cell("zip").key, done.store.storage
    storage = LocalStorage(tmp_path / "copy")
    for name in (f"results/{key}.parquet", f"prompts/{key}.safetensors", f"prompts/{key}.json"):
        storage.write(name, there.read(name))
    return Store(storage)


def test_the_record_says_what_the_use_takes(exported: Path, done: Desk) -> None:
    told, cell = json.loads((exported / RECORD).read_text()), done.cell("zip")
    trace = done.store.finished(cell.key)
    assert told["key"] == cell.key
    assert told["accuracy"] == trace.last("test_accuracy")
    assert told["queries"] == 40
    assert told["surroundings"]["class_names"][:2] == ["one", "two"]
    assert told["surroundings"]["test_images"] == 17
    assert told["surroundings"]["preprocessing"]["size"] == 24
    assert told["backbone"] == {
        "name": "pocket",
        "pretrained": None,
        "fingerprint": cell.cell.backbone,
        "service": False,
    }
    assert told["answers"] == {"kind": "logits"}
    assert told["cell"]["method"]["name"] == "zip"
    assert set(told["made_with"]) >= {"querycurve", "torch"}


def test_a_soft_prompt_is_a_tensor_that_other_programs_can_read(exported: Path) -> None:
    assert {
        name: tuple(tensor.shape) for name, tensor in load_file(exported / TENSORS).items()
    } == {"context": (1, 8, 128)}


def test_a_prompt_of_tensors_needs_no_method(
    exported: Path, done: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Zip, "version", 99)
    found = measured(load_prompt(exported))
    trace = done.store.finished(done.cell("zip").key)
    assert found.accuracy == pytest.approx(traced(trace).accuracy)


def test_other_code_of_a_method_that_is_needed_is_refused(
    done: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = done.cell("bar")
    prompt_from_store(done.store, cell.key).save(tmp_path)
    monkeypatch.setattr("methods.bar.Bar.version", 99)
    for use in (lambda: load_prompt(tmp_path), lambda: prompt_from_store(done.store, cell.key)):
        with pytest.raises(UserError, match="version 1 of bar, and version 99 is installed"):
            use()


def test_an_earlier_export_is_replaced_whole(exported: Path, done: Desk) -> None:
    prompt_from_store(done.store, done.cell("zero_shot").key).save(exported)
    assert load_prompt(exported).record.cell.method.name == "zero_shot"
    assert sorted(path.name for path in exported.iterdir()) == [RECORD, TENSORS]


def test_what_is_written_half_leaves_the_earlier_export(
    exported: Path, done: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module.os, "fsync", full)
    with pytest.raises(UserError, match="No space left"):
        prompt_from_store(done.store, done.cell("zero_shot").key).save(exported)
    assert load_prompt(exported).record.cell.method.name == "zip"
    assert sorted(path.name for path in exported.iterdir()) == [RECORD, TENSORS]


@pytest.mark.parametrize("content", [b"", b"half a file"])
def test_a_folder_of_other_things_is_left_alone(content: bytes, done: Desk, tmp_path: Path) -> None:
    (tmp_path / TENSORS).write_bytes(content)
    prompt = prompt_from_store(done.store, done.cell("zero_shot").key)
    with pytest.raises(UserError, match=r"holds other things, such as 'prompt\.safetensors'"):
        prompt.save(tmp_path)
    assert (tmp_path / TENSORS).read_bytes() == content


def test_a_prompt_can_be_saved_again_elsewhere(exported: Path, tmp_path: Path) -> None:
    load_prompt(exported).save(tmp_path / "again")
    first, again = read_prompt(exported), read_prompt(tmp_path / "again")
    assert again.record == first.record
    assert torch.equal(again.tensors["context"], first.tensors["context"])
    assert (tmp_path / "again" / RECORD).read_bytes() == (exported / RECORD).read_bytes()


def test_results_of_releases_that_kept_no_names_are_used_with_their_data(
    copied: Store, done: Desk
) -> None:
    key = done.cell("zip").key
    kept = prompt_from_store(copied, key).record
    copied.storage.delete(f"prompts/{key}.json")
    assert prompt_from_store(copied, key, Data("")).record == kept


def test_without_names_other_images_than_the_cells_are_refused(
    copied: Store, done: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = done.cell("zip").key
    copied.storage.delete(f"prompts/{key}.json")
    monkeypatch.setattr("benchmarks.pocket.datasets.PocketDots.revision", lambda _: "other")
    with pytest.raises(UserError, match=r"doesn't keep the names of .* not those .* Give the data"):
        prompt_from_store(copied, key, Data(""))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda store, key: store.forget_prompt(key), "is not in the store, which keeps it"),
        (lambda store, key: store.save_prompt(key, b"half"), "is damaged"),
    ],
)
def test_a_prompt_that_is_gone_or_damaged_is_told_and_left(
    change: Callable[[Store, str], None], told: str, copied: Store, done: Desk
) -> None:
    key = done.cell("zip").key
    change(copied, key)
    before = copied.prompt(key)
    with pytest.raises(UserError, match=rf"{told}.*Run its spec again after removing results/"):
        prompt_from_store(copied, key)
    assert copied.prompt(key) == before


def test_cells_without_a_result_say_why(done: Desk, tmp_path: Path) -> None:
    store, cell = Store(LocalStorage(tmp_path)), done.cell("zip")
    known = cell.cell.model_dump(mode="json")
    failed = Trace(cell.key, known, "failed", (), error="Traceback\nValueError: not finite\n")
    with pytest.raises(UserError, match="hasn't run"):
        prompt_from_store(store, cell.key)
    store.save_checkpoint(cell.key, 0, b"...")
    with pytest.raises(UserError, match="hasn't finished"):
        prompt_from_store(store, cell.key)
    store.save(replace(failed, status="pruned"))
    with pytest.raises(UserError, match="ended early by a search"):
        prompt_from_store(store, cell.key)
    store.save(failed)
    with pytest.raises(UserError, match="failed, so it has no prompt: ValueError: not finite"):
        prompt_from_store(store, cell.key)
    blind = cell.cell.model_copy(update={"blind": True}).model_dump(mode="json")
    store.save(replace(failed, status="finished", error="", cell=blind))
    with pytest.raises(UserError, match="a trial of a search"):
        prompt_from_store(store, cell.key)


def test_what_is_no_prompt_is_refused(tmp_path: Path, exported: Path) -> None:
    with pytest.raises(UserError, match=r"no exported prompt in .*nowhere.*querycurve export"):
        load_prompt(tmp_path / "nowhere")
    data = (exported / TENSORS).read_bytes()
    (exported / TENSORS).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(UserError, match="is damaged"):
        load_prompt(exported)


def test_other_ways_to_name_a_folder(exported: Path) -> None:
    for path in (exported / TENSORS, exported / RECORD):
        assert load_prompt(path).record.key == load_prompt(exported).record.key
    with pytest.raises(UserError, match="a folder of this machine, got 's3://bucket/out'"):
        load_prompt("s3://bucket/out")


def test_what_a_killed_save_has_left_is_in_nobodys_way(done: Desk, tmp_path: Path) -> None:
    (tmp_path / f".{TENSORS}.0a1b2c3d").write_bytes(b"half")
    prompt_from_store(done.store, done.cell("zero_shot").key).save(tmp_path)
    assert load_prompt(tmp_path).record.cell.method.name == "zero_shot"


@pytest.mark.parametrize(
    "changed",
    [
        {"surroundings": {"class_names": ()}},
        {"tensors": {"context": (1, 2, 128)}},
        {"tensors": {}},
    ],
)
def test_parts_that_do_not_belong_together_are_refused(
    changed: dict[str, dict[str, object]], exported: Path
) -> None:
    kept = read_prompt(exported)
    around = kept.record.surroundings.model_copy(update=changed.get("surroundings", {}))
    update = {"surroundings": around, "tensors": changed.get("tensors", kept.record.tensors)}
    write_prompt(replace(kept, record=kept.record.model_copy(update=update)), exported)
    with pytest.raises(UserError, match="holds other classes or tensors than it says"):
        load_prompt(exported)


def test_a_later_format_is_refused(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "FORMAT", 0)
    with pytest.raises(UserError, match="has format 1, and this release reads 0"):
        load_prompt(exported)


def test_transferred_prompts_know_the_classes_that_they_are_tested_on(
    few_images: None, tmp_path: Path
) -> None:
    zip_ = "methods=[{name: zip, intrinsic_dimension: 100}]"
    more = ("protocol=cross_dataset", "source=pocket_outlines", zip_, "budget=20")
    desk = Desk(tmp_path, *more, "augmentation=none")
    traces = desk.traces()
    cell = next(cell for cell in desk.plan.cells if cell.cell.source is not None)
    prompt = prompt_from_store(desk.store, cell.key)
    assert "tuned on pocket_outlines" in prompt.record.title
    assert measured(prompt).loss == pytest.approx(traced(traces[cell.title]).loss, abs=1e-5)


def test_torch_keeps_its_gradients_on(done: Desk) -> None:
    """Answers are computed without gradients, which is nobody else's business."""
    prompt = prompt_from_store(done.store, done.cell("zero_shot").key)
    assert len(prompt.predict([])) == 0
    assert torch.is_grad_enabled()
