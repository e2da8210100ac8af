"""Unreadable images end a run by name, or are left out, counted and a part of the key."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.datasets.interface import Item
from benchmarks.datasets.sampling import few_shot_split
from benchmarks.datasets.views import DatasetView
from benchmarks.protocols import few_shot
from orchestrator.errors import UserError
from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.plan import Plan
from orchestrator.plan.unreadable import unreadable_among
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.worker import Worker
from tests.benchmarks.toy_dataset import ToyDataset
from tests.orchestrator.plan.strict_plan import strict_plan
from tests.orchestrator.trial.test_worker import pocket_as_files


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(LocalStorage(tmp_path / "store"))


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    return pocket_as_files(tmp_path / "dots")


def plan_of(dots: Path, store: Store, *overrides: str) -> Plan:
    fixed = (
        f"datasets=[{{name: mine, path: {dots}}}]",
        "methods=[zero_shot, zip]",
        "seeds=[1]",
        "budget=40",
        "evaluation.points=1",
    )
    return strict_plan(load_spec("demo", (*fixed, *overrides)), store, "nowhere")


def broken_in(dots: Path, part: str, store: Store) -> Path:
    """Breaks one image of the test split, or of the draw of seed 1."""
    spec = load_spec("demo", [f"datasets=[{{name: mine, path: {dots}}}]"])
    dataset = spec.own_datasets[0].open()
    drawn = few_shot_split(dataset, 16, 1).train if part == "train" else dataset.items("test")
    path = dots / drawn[0].reference
    path.write_bytes(b"no image")
    return path


def test_a_draw_keeps_all_but_what_is_unreadable() -> None:
    whole = few_shot(ToyDataset((9, 9, 9)), 4, 1, "refuse")
    gone = {whole.train[2].reference, whole.val[0].reference, whole.test[1].reference}
    task = few_shot(DatasetView(ToyDataset((9, 9, 9)), gone), 4, 1, "refuse")
    assert task.train == whole.train[:2] + whole.train[3:]
    assert task.val == whole.val[1:]
    assert task.test == whole.test[:1] + whole.test[2:]
    blind = few_shot(DatasetView(task.dataset, blind=True), 4, 1, "refuse")
    assert blind.train == task.train


def test_images_are_looked_at_once_and_broken_ones_again(store: Store) -> None:
    dataset = ToyDataset()
    items = [Item("test/0/0", 0), Item("test/1/0", 1)]
    dataset.broken = {"test/1/0"}
    assert unreadable_among(items, dataset, store) == {"test/1/0"}
    dataset.broken = {"test/0/0"}  # not looked at again, and the other one was mended
    assert unreadable_among(items, dataset, store) == set()


@pytest.mark.parametrize("part", ["train", "test"])
def test_skipped_images_are_noted_and_change_the_keys(
    part: str, dots: Path, store: Store, tmp_path: Path
) -> None:
    before = {c.label: c.key for c in plan_of(dots, store, "unreadable=skip").cells}
    assert before == {c.label: c.key for c in plan_of(dots, store).cells}
    path = broken_in(dots, part, store)
    fresh = Store(LocalStorage(tmp_path / "fresh"))  # one that hasn't looked yet
    plan = plan_of(dots, fresh, "unreadable=skip")
    (note,) = (one for one in plan.notes if "unreadable" in one)
    assert f"1 unreadable images are skipped ({path.relative_to(dots)})" in note
    changed = {c.label for c in plan.cells if c.key != before[c.label]}
    assert changed == ({"zip"} if part == "train" else {"zero_shot", "zip"})


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_cell_runs_without_unreadable_images(part: str, dots: Path, store: Store) -> None:
    broken_in(dots, part, store)
    plan = plan_of(dots, store, "unreadable=skip")
    setup = WorkerSetup(
        plan.backbone,
        "fp32",
        store.storage.location,
        "nowhere",
        "refuse",
        plan.spec.own_datasets,
        plan.unreadable,
    )
    worker = Worker(setup)
    (cell,) = [cell for cell in plan.cells if cell.label == "zip"]
    worker.encode_test_split("mine", cell.features)
    data = store.features(cell.features)
    assert data is not None
    table = FeatureTable.from_bytes(data)
    assert table is not None
    assert len(table) == cell.test_images
    assert worker.run_cell(cell.cell, cell.key, table).status == "finished"
    trace = store.finished(cell.key)
    assert "1 unreadable images are skipped" in trace.provenance["dataset_remark"]


def test_unless_told_otherwise_a_missing_image_is_fatal(dots: Path, store: Store) -> None:
    path = broken_in(dots, "test", store)
    plan_of(dots, store)  # a corrupt one shows only when it is opened
    path.unlink()
    path.with_suffix(".jpg").symlink_to("nowhere")
    with pytest.raises(UserError, match=f"mine: can't read image '.*{path.stem}"):
        plan_of(dots, store)
    assert plan_of(dots, store, "unreadable=skip").cells


def test_a_dataset_of_which_no_image_can_be_read_is_refused(dots: Path, store: Store) -> None:
    for path in dots.rglob("*.png"):
        path.write_bytes(path.read_bytes()[:60])
    first = r"'.*\.png', for one: image file is truncated"
    with pytest.raises(UserError, match=rf"mine: none of its \d+ images .* {first}"):
        plan_of(dots, store, "unreadable=skip")


@pytest.mark.parametrize("methods", ["[zero_shot]", "[zero_shot, zip]"])
def test_a_dataset_without_a_readable_test_image_is_refused(
    methods: str, dots: Path, store: Store
) -> None:
    spec = load_spec("demo", [f"datasets=[{{name: mine, path: {dots}}}]"])
    for item in spec.own_datasets[0].open().items("test"):
        (dots / item.reference).write_bytes(b"")
    with pytest.raises(UserError, match="there are no readable test images to measure accuracy"):
        plan_of(dots, store, "unreadable=skip", f"methods={methods}")


def test_a_row_without_bytes_is_no_missing_file(tmp_path: Path, store: Store) -> None:
    names, splits = ["owl", "tit"] * 3, ["train", "test", "test"] * 2
    images = pa.array([None] * 6, pa.binary())
    table = pa.table({"image": images, "class_name": names, "split": splits})
    pq.write_table(table, tmp_path / "b.parquet")
    with pytest.raises(UserError, match=r"can't read image '\d': no bytes\. Replace"):
        plan_of(tmp_path / "b.parquet", store, "short_classes=take_all")
    lines = [f"{n}.png,{names[n]},{splits[n]}" for n in range(6)]
    (tmp_path / "b.csv").write_text("\n".join(("image,class_name,split", *lines)))
    with pytest.raises(UserError, match=rf"image '\d\.png': no such file in {tmp_path}\. Replace"):
        plan_of(tmp_path / "b.csv", store, "short_classes=take_all")
