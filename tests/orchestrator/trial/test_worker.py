"""A worker runs cells of the pocket: same cell, same trace, whatever happens in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.pocket.datasets import PocketDots
from benchmarks.protocols import evaluation_task
from methods.registry import method_class
from orchestrator.cell import Source
from orchestrator.errors import UserError
from orchestrator.oracle import cpu_formats
from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from orchestrator.trial.checkpoint import Checkpoints, Snapshot, cell_in
from orchestrator.trial.factory import TrialFactory
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.trial import Trial
from orchestrator.trial.worker import Worker
from tests.conformance.tiny_clip import write_tiny_clip

OVERRIDES = (
    "methods=[zero_shot, zip]",
    "datasets=[pocket_dots]",
    "seeds=[1]",
    "budget=120",
    "evaluation.points=4",
)


def pocket_as_files(folder: Path, classes: int = 3, images: int = 28) -> Path:
    """Some of the pocket's dots as a user's own class folders."""
    dots = PocketDots(folder)
    for item in dots.items("train"):
        number = int(item.reference) % 10_000
        place = folder / dots.class_names()[item.label]
        if item.label < classes and len(list(place.glob("*"))) < images:
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{number}.png").write_bytes(dots.encoded(item))
    return folder


class Bench:
    """A store, a worker on it, and the cells of a small spec."""

    def __init__(self, folder: Path, *overrides: str) -> None:
        self.store = Store(LocalStorage(folder))
        plan = make_plan(load_spec("demo", (*OVERRIDES, *overrides)), self.store, folder)
        self.cells = {cell.label: cell for cell in plan.cells}
        self._folder, self._overrides = folder, (*OVERRIDES, *overrides)
        self.setup = WorkerSetup(
            backbone=plan.backbone,
            precision="fp32",
            store=str(folder),
            data_root=str(folder),
            short_classes="refuse",
            own_datasets=plan.spec.own_datasets,
            checkpoint_interval=0.0,
        )
        self.worker = Worker(self.setup)

    def plan(self) -> Plan:
        """The cells of the spec as they stand now."""
        return make_plan(load_spec("demo", self._overrides), self.store, self._folder)

    def table(self, cell: PlannedCell) -> FeatureTable:
        if self.store.features(cell.features) is None:
            self.worker.encode_test_split(cell.cell.dataset, cell.features)
        data = self.store.features(cell.features)
        assert data is not None
        table = FeatureTable.from_bytes(data)
        assert table is not None
        return table

    def trace(self, label: str) -> Trace:
        """What a cell that has finished left."""
        return self.store.finished(self.cells[label].key)

    def run(self, label: str) -> Trace:
        cell = self.cells[label]
        outcome = self.worker.run_cell(cell.cell, cell.key, self.table(cell))
        assert outcome.status == "finished", outcome.error
        return self.trace(label)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench whose cells have run, for tests that only look."""
    bench = Bench(tmp_path_factory.mktemp("done"))
    for label in bench.cells:
        bench.run(label)
    return bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_cell_leaves_one_whole_trace(done: Bench) -> None:
    trace = done.trace("zip")
    queries, values = trace.series("test_accuracy")
    assert queries == (0, 30, 60, 90, 120)
    assert all(0 <= value <= 100 for value in values)
    assert trace.ledgers["method"] == {"queries": 120, "images": 120 * 128}
    assert trace.last("train_loss") is not None
    assert trace.timing["seconds_per_query"] > 0
    assert "torch" in trace.provenance["packages"]
    assert trace.provenance["train_images"] == 8 * 16, "16 shots of the dots' 8 classes"
    assert trace.provenance["deployment"] == {"queries_per_image": 1, "readout": False}
    made = trace.provenance["fingerprints"]
    assert made["method_version"] == method_class("zip").version
    assert (made["rounding"], made["encoder"], made["templates"]) == (None, None, None)
    age = datetime.now(UTC) - datetime.fromisoformat(trace.provenance["written"])
    assert 0 <= age.total_seconds() < 3600
    assert done.store.checkpoint(trace.key, 0) is None


def test_a_cell_is_measured_where_its_spec_says(tmp_path: Path) -> None:
    trace = Bench(tmp_path, "evaluation={at: [15, 60, 120]}").run("zip")
    assert trace.series("test_accuracy")[0] == (0, 10, 60, 120)


def test_zero_shot_is_measured_without_a_query(done: Bench) -> None:
    trace = done.trace("zero_shot")
    assert trace.ledgers["method"] == {"queries": 0, "images": 0}
    assert trace.series("test_accuracy")[0] == (0,)
    # on the pocket's dots, chance is 12.5 %
    assert trace.series("test_accuracy")[1][0] > 30


def test_same_cell_same_trace(done: Bench, whole: Trace) -> None:
    assert done.trace("zip").points == whole.points


@pytest.mark.usefixtures("few_test_images")
def test_images_augmented_in_the_same_way_give_the_same_trace(tmp_path: Path) -> None:
    first = Bench(tmp_path / "a", "augmentation=crop_flip", "batch_size=16", "budget=20")
    second = Bench(tmp_path / "b", "augmentation=crop_flip", "batch_size=16", "budget=20")
    assert first.run("zip").points == second.run("zip").points


def test_packed_images_give_the_trace_of_unpacked_ones(tmp_path: Path) -> None:
    folder = pocket_as_files(tmp_path / "dots")
    own = "datasets=[{{name: mine, path: {path}}}]"
    unpacked = Bench(tmp_path / "a", own.format(path=folder))
    (source,) = load_spec("demo", [own.format(path=folder)]).own_datasets
    pack(source.open(), open_location(tmp_path / "packed"))
    packed = Bench(tmp_path / "b", own.format(path=tmp_path / "packed"))
    first, second = unpacked.run("zip"), packed.run("zip")
    assert first.key == second.key
    assert first.points == second.points
    assert (
        first.provenance["dataset_remark"] == "mine: own split, 70/10/20 of every class (version 1)"
    )


def test_a_result_carries_the_remark_of_the_dataset_that_trained_its_prompt(tmp_path: Path) -> None:
    folder = pocket_as_files(tmp_path / "dots")
    bench = Bench(tmp_path, f"datasets=[{{name: mine, path: {folder}}}]", "methods=[zip]")
    factory = TrialFactory(bench.setup, bench.store)
    elsewhere = evaluation_task(PocketDots(tmp_path))
    cell = bench.cells["zip"].cell
    assert factory.remark(cell, elsewhere) == ""
    moved = cell.model_copy(update={"source": Source(dataset="mine", key="k")})
    assert factory.remark(moved, elsewhere).startswith("mine: own split")


@pytest.mark.fault
def test_an_interrupted_cell_goes_on_from_its_checkpoint(
    bench: Bench, whole: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, table = bench.cells["zip"], bench.table(bench.cells["zip"])
    saved = Checkpoints.maybe

    def save_then_die(self: Checkpoints, snapshot: object) -> None:
        saved(self, snapshot)  # type: ignore[arg-type]
        if bench.worker.progress().queries >= 50:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoints, "maybe", save_then_die)
    with pytest.raises(KeyboardInterrupt):
        bench.worker.run_cell(cell.cell, cell.key, table)
    monkeypatch.undo()
    assert bench.store.running_keys() == {cell.key}
    resumed = bench.run("zip")
    assert resumed.points == whole.points
    assert resumed.ledgers == whole.ledgers


def test_a_host_that_sees_another_store_than_the_driver_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "shared")
    identity = bench.store.identity()
    assert Bench(tmp_path / "shared").store.identity() == identity
    setup = replace(bench.setup, store_identity=identity)
    Worker(setup)
    with pytest.raises(UserError, match="is not the one that the driver uses"):
        Worker(replace(setup, store=str(tmp_path / "not-shared")))


@pytest.mark.fault
def test_a_stopped_worker_ends_its_cell_with_a_checkpoint(tmp_path: Path, whole: Trace) -> None:
    stopped = Bench(tmp_path / "stopped")
    cell = stopped.cells["zip"]
    table = stopped.table(cell)
    stopped.worker.stop()
    outcome = stopped.worker.run_cell(cell.cell, cell.key, table)
    assert (outcome.status, outcome.queries) == ("stopped", 10)
    assert stopped.store.running_keys() == {cell.key}
    kept = stopped.store.checkpoint(cell.key, 0)
    assert kept is not None
    assert cell_in(kept) == cell.cell.model_dump(mode="json"), "it says what it is of"
    assert cell_in(kept[:100]) is None, "a damaged one doesn't"
    again = Bench(tmp_path / "stopped").run("zip")
    assert again.points == whole.points
    assert again.ledgers == whole.ledgers


@pytest.mark.fault
def test_damaged_checkpoints_cost_time_but_no_result(bench: Bench, whole: Trace) -> None:
    bench.store.save_checkpoint(bench.cells["zip"].key, 0, b"not a checkpoint")
    bench.store.save_checkpoint(bench.cells["zip"].key, 1, b"nor is this")
    assert bench.run("zip").points == whole.points
    assert "damaged checkpoint" in bench.worker.progress().notices[0]


def test_a_model_that_cannot_be_fast_is_remarked_on_with_all_progress(tmp_path: Path) -> None:
    model = write_tiny_clip(tmp_path / "seeing all", no_causal_mask=True).model
    slow = Bench(tmp_path, f"backbone={model}", "methods=[zero_shot]")
    assert slow.worker.progress().remarks == ()
    slow.run("zero_shot")
    for _ in range(2):
        (remark,) = slow.worker.progress().remarks
        assert "takes the plain path" in remark
        assert "no causal mask" in remark


def test_compiling_is_ignored_on_a_cpu_with_a_remark_and_without_a_change(
    done: Bench, tmp_path: Path
) -> None:
    plain = done.trace("zero_shot")
    other = Bench(tmp_path / "other")
    other.worker = Worker(replace(other.setup, compile=True))
    trace = other.run("zero_shot")
    assert trace.points == plain.points
    remarks = other.worker.progress().remarks
    if torch.cuda.is_available():
        assert trace.provenance["towers"] == "compiled"
        assert remarks == ()
    else:
        assert trace.provenance["towers"] == "as written"
        assert remarks == ("--compile is ignored on a CPU: it compiles for GPUs",)


def test_a_precision_that_is_slow_here_is_remarked_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu_formats, "multiplies", lambda precision: precision != "bf16")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    slow, plain = (Worker(replace(bench.setup, precision=p)) for p in ("bf16", "fp32"))
    (remark,) = slow.progress().remarks
    assert "this CPU has no bf16 instructions" in remark
    assert plain.progress().remarks == ()


@pytest.mark.fault
def test_a_damaged_last_checkpoint_gives_way_to_the_one_before(bench: Bench, whole: Trace) -> None:
    _interrupt(bench, "zip", saves_before=6)
    key = bench.cells["zip"].key
    steps = [Snapshot.from_bytes(bench.store.checkpoint(key, slot) or b"").step for slot in (0, 1)]
    last = steps.index(max(steps))
    damaged = bytearray(bench.store.checkpoint(key, last) or b"")
    damaged[-1] ^= 1  # the last byte of the last tensor
    bench.store.save_checkpoint(key, last, bytes(damaged))
    first_step = []
    with pytest.MonkeyPatch.context() as patch:
        resume = Trial.resume
        patch.setattr(Trial, "resume", lambda t, s: (first_step.append(s.step), resume(t, s))[1])
        resumed = bench.run("zip")
    assert first_step == [min(steps)]
    assert resumed.points == whole.points
    assert resumed.ledgers == whole.ledgers


def test_an_error_in_a_cell_is_stored_with_its_traceback(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "methods.1.step_size=1e30")
    cell = bench.cells["zip"]
    outcome = bench.worker.run_cell(cell.cell, cell.key, bench.table(cell))
    assert outcome.status == "failed"
    assert "not finite" in outcome.error
    trace = bench.store.failed(cell.key)
    assert trace.error.startswith("Traceback")
    assert trace.ledgers["method"] == {"queries": 20, "images": 20 * 128}, "what was spent is kept"
    assert bench.store.finished_keys() == frozenset()
    assert (
        bench.worker.run_cell(
            replace(bench.cells["zero_shot"]).cell, "other", bench.table(cell)
        ).status
        == "finished"
    ), "the worker lives on"


def test_evaluation_features_are_read_only(done: Bench) -> None:
    table = done.table(done.cells["zip"])
    with pytest.raises(ValueError, match="read-only"):
        table.features[0, 0] = 1
    batch = next(table.batches())
    assert batch.features is not None
    batch.features.zero_()
    assert table.features.any(), "a batch is a copy"


EVERY = (
    "{name: bar, batch_size: 4}",
    "bar@zip-port",
    "{name: blackvip_se, components: 3, batch_size: 4}",
    "{name: bptvlm, text_dimension: 20, visual_dimension: 10, batch_size: 4}",
    "zero_shot@ensemble",
)


@pytest.mark.usefixtures("few_test_images")
def test_every_method_runs_and_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    overrides = (f"methods=[{', '.join(EVERY)}]", "budget=60", "evaluation.points=1", "shots=[2]")
    whole = Bench(tmp_path / "whole", *overrides)
    again = Bench(tmp_path / "again", *overrides)
    for label, cell in whole.cells.items():
        trace = whole.run(label)
        assert trace.ledgers["method"]["queries"] <= 60
        assert trace.last("test_accuracy") is not None
        if cell.cell.budget:
            assert trace.ledgers["method"]["queries"] > 45
            _interrupt(again, label)
            assert again.run(label).points == trace.points


def _interrupt(bench: Bench, label: str, saves_before: int = 2) -> None:
    """Runs a cell until checkpoints lie in the middle of it."""
    cell, kept = bench.cells[label], Store.save_checkpoint
    saves = iter(range(1, 20))

    def save_then_die(store: Store, key: str, slot: int, data: bytes) -> None:
        kept(store, key, slot, data)
        if next(saves) == saves_before:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "save_checkpoint", save_then_die)
        with pytest.raises(KeyboardInterrupt):
            bench.worker.run_cell(cell.cell, cell.key, bench.table(cell))
