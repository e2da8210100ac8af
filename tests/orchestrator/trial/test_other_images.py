"""A worker works on the images that were planned, or not at all."""

from __future__ import annotations

import platform
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.datasets import registry
from benchmarks.datasets.identity.record import DataIdentity
from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
from orchestrator.errors import UserError
from orchestrator.oracle.features import Encoder, FeatureTable
from orchestrator.pixels.split import ImageSplit
from orchestrator.plan.plan import PlannedCell
from orchestrator.trial import feature_cache
from orchestrator.trial.messages import CellOutcome
from orchestrator.trial.trial import Trial
from orchestrator.trial.worker import Worker
from tests.orchestrator.trial.test_worker import Bench, pocket_as_files

SMALL = ("shots=[2]", "budget=20", "evaluation.points=1")
REFUSED = f"dataset mine: the images on {platform.node()} are not those that were planned"


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    return pocket_as_files(tmp_path / "dots", classes=2, images=10)


def bench_on(dots: Path, store: Path) -> Bench:
    return Bench(store, f"datasets=[{{name: mine, path: {dots}}}]", *SMALL)


def run(bench: Bench, cell: PlannedCell) -> CellOutcome:
    return bench.worker.run_cell(cell.cell, cell.key, bench.table(cell), cell.split)


def edit(folder: Path) -> None:
    """Gives the images of one class the pixels of the other one's."""
    one, other = sorted(path for path in folder.iterdir() if path.is_dir())
    donors = sorted(other.iterdir())
    for path, donor in zip(sorted(one.iterdir()), donors, strict=True):
        shutil.copy(donor, path)


@pytest.mark.parametrize("label", ["zip", "zero_shot"])
def test_other_pixels_under_the_same_names_are_measured_anew(
    label: str, dots: Path, tmp_path: Path
) -> None:
    first = bench_on(dots, tmp_path / "store").run(label)
    edit(dots)
    second = bench_on(dots, tmp_path / "store").run(label)
    assert first.key != second.key
    assert first.last("test_accuracy") != second.last("test_accuracy")
    alone = bench_on(dots, tmp_path / "fresh").run(label)
    assert second.points == alone.points


def test_a_cell_on_other_images_fails_by_name(dots: Path, tmp_path: Path) -> None:
    bench = bench_on(dots, tmp_path / "store")
    zip_, zero_shot = bench.cells["zip"], bench.cells["zero_shot"]
    assert run(bench, zero_shot).status == "finished"
    edit(dots)  # after the same worker has seen them
    outcome = run(bench, zip_)
    assert outcome.status == "failed"
    assert REFUSED in outcome.error
    assert bench.store.finished_keys() == {zero_shot.key}


def test_a_pack_made_under_another_name_runs_under_the_specs(dots: Path, tmp_path: Path) -> None:
    pack(OwnDataset(name="fowl", path=str(dots)).open(), open_location(tmp_path / "fowl"))
    bench = bench_on(tmp_path / "fowl", tmp_path / "store")
    for label, cell in bench.cells.items():
        assert run(bench, cell).status == "finished"
        remark = bench.trace(label).provenance["dataset_remark"]
        assert remark == "mine: own split, 70/10/20 of every class (version 1)"
    assert bench.plan().counts() == {"done": 2}


def test_a_node_with_a_pack_of_other_images_is_noticed(dots: Path, tmp_path: Path) -> None:
    source = OwnDataset(name="mine", path=str(dots))
    pack(source.open(), open_location(tmp_path / "ours"))
    bench = bench_on(tmp_path / "ours", tmp_path / "store")
    edit(dots)
    pack(source.open(), open_location(tmp_path / "theirs"))
    theirs = OwnDataset(name="mine", path=str(tmp_path / "theirs"))
    bench.worker = Worker(replace(bench.setup, own_datasets=(theirs,)))
    with pytest.raises(UserError, match=REFUSED):
        bench.table(bench.cells["zip"])


def test_features_of_other_images_are_not_stored(dots: Path, tmp_path: Path) -> None:
    bench = bench_on(dots, tmp_path / "store")
    edit(dots)
    cell = bench.cells["zip"]
    with pytest.raises(UserError, match=REFUSED):
        bench.table(cell)
    assert bench.store.features(cell.features) is None


@pytest.mark.parametrize("part", ["test", "val", "train"])
def test_nor_are_those_of_images_that_change_meanwhile(
    part: str, dots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_on(dots, tmp_path / "store")
    encode = feature_cache.encode_split
    encoded: list[str] = []

    def changing(split: ImageSplit, encoder: Encoder) -> FeatureTable:
        encoded.append(split.name)
        if split.name == part:
            edit(dots)
        return encode(split, encoder)

    monkeypatch.setattr(feature_cache, "encode_split", changing)
    if part == "test":
        with pytest.raises(UserError, match=REFUSED):
            bench.table(bench.cells["zip"])
    else:
        assert REFUSED in run(bench, bench.cells["zip"]).error
    assert encoded[-1] == part
    assert len(bench.store.feature_sizes()) == len(encoded) - 1


def test_a_cell_whose_images_change_while_it_runs_leaves_no_result(
    dots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_on(dots, tmp_path / "store")
    cell = bench.cells["zip"]
    bench.table(cell)
    running = Trial.run

    def changing(trial: Trial) -> None:
        running(trial)
        edit(dots)

    monkeypatch.setattr(Trial, "run", changing)
    outcome = run(bench, cell)
    assert outcome.status == "failed"
    assert REFUSED in outcome.error
    assert bench.store.finished_keys() == bench.store.running_keys() == frozenset()


def test_a_dataset_is_opened_once_for_cells_in_a_row(
    dots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_on(dots, tmp_path / "store")
    opened: list[str] = []

    def counting(name: str, *rest: object) -> Dataset:
        opened.append(name)
        return registry.open_dataset(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("orchestrator.trial.factory.open_dataset", counting)
    for cell in bench.cells.values():
        assert run(bench, cell).status == "finished"
    assert opened == ["mine"]


def test_traces_say_by_what_their_images_are_known(dots: Path, tmp_path: Path) -> None:
    bench = bench_on(dots, tmp_path / "store")
    known = {"mine": DataIdentity("packed", "abc")}
    bench.worker = Worker(replace(bench.setup, identities=known))
    for label, cell in bench.cells.items():
        assert run(bench, cell).status == "finished"
        provenance = bench.trace(label).provenance
        assert provenance["data"] == {"basis": "packed", "digest": "abc"}
        assert provenance["own_dataset"] is True
        assert len(provenance["split"]) == 64
