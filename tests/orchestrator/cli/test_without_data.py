"""The verbs that read work from the store and the spec alone, and say so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from methods.interface import State
from orchestrator.plan.listener import Listener
from orchestrator.plan.planner import make_plan
from orchestrator.plan.recall.reader import Reader
from orchestrator.plan.recall.stored import StoredCells
from orchestrator.spec.load import load_spec
from orchestrator.store import trace_file
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.checkpoint import Snapshot
from tests.benchmarks.datasets.trees import coop_tree, noisy_class_folders
from tests.orchestrator.cli.moved import Bench
from tests.orchestrator.cli.verbs import files_in, querycurve, trace_of
from tests.s3_server import S3Server, s3_server

READ_ALONE = "read from the store alone, and not checked against the present images"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """On a machine that keeps no pixels yet: those of other tests would be told as well."""
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "cache"))
    return Bench.at(tmp_path)


@pytest.mark.parametrize("verb", ["status", "report", "compare", "track"])
def test_results_are_found_after_the_images_have_moved(verb: str, bench: Bench) -> None:
    spec = bench.spec()
    bench.fill(spec)
    bench.move_away()
    said = bench.say(verb, spec)
    assert (said.code, said.err) == (0, "")
    path = bench.folder / "birds"
    assert f"note: results on birds are {READ_ALONE} (birds: {path} is not there" in said.out


@pytest.mark.parametrize("images", [2, 1000])
def test_it_needs_no_data_to_know_what_was_measured_in_parts(images: int, bench: Bench) -> None:
    evaluation = {"points": 4, "images": images}
    spec = bench.spec(evaluation=evaluation, methods=["zero_shot", "zip", "bar"])
    kept = {cell.cell.evaluation.images for cell in bench.fill(spec).cells}
    assert kept == ({None, images} if images == 2 else {None})
    bench.move_away()
    said = bench.say("status", spec)
    assert said.out.splitlines()[1] == f"small in {bench.store}: 5 done"


def test_a_status_counts_what_is_found_and_writes_nothing(bench: Bench) -> None:
    spec = bench.spec()
    bench.fill(spec)
    bench.move_away()
    before = files_in(Path(bench.store))
    said = bench.say("status", bench.spec(seeds=[1, 2, 3]))
    assert said.out.splitlines()[1] == f"small in {bench.store}: 3 done, 1 skipped"
    assert files_in(Path(bench.store)) == before


def test_a_report_is_that_of_the_data_and_says_what_is_not_checked(bench: Bench) -> None:
    spec, results = bench.spec(), Path(bench.store) / "reports" / "small" / "results.csv"
    bench.fill(spec)
    bench.say("report", spec)
    with_data = results.read_text()
    bench.move_away()
    bench.say("report", spec)
    assert results.read_text() == with_data
    page = (results.parent / "report.html").read_text()
    assert f'<p class="warning">Results on birds are {READ_ALONE}' in page


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_what_runs_still_needs_the_images(verb: str, bench: Bench) -> None:
    spec = bench.spec()
    bench.fill(spec)
    bench.move_away()
    said = bench.say(verb, spec)
    assert said.code == 2
    assert "is not there. Correct its path in the spec" in said.err


def test_named_datasets_are_read_without_the_data_root(bench: Bench) -> None:
    data = bench.folder / "data"
    coop_tree(data, "eurosat")
    spec = bench.spec(datasets=["eurosat"], short_classes="take_all")
    plan = bench.fill(spec, data=str(data))
    assert all(cell.key for cell in plan.cells)
    said = bench.say("report", spec, "--data", "/nonexistent")
    assert said.code == 0
    assert f"results on eurosat are {READ_ALONE}" in said.out
    assert said.rows["eurosat", "zip"][0] == "61.5"


def test_a_bucket_that_is_away_is_asked_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bench.folder / "data"
    coop_tree(data, "eurosat")
    bench.fill(bench.spec(datasets=["eurosat"], short_classes="take_all"), data=str(data))
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}.items():
        monkeypatch.setenv(name, value)
    spec = bench.spec(datasets=["eurosat", "dtd", "food101"], short_classes="take_all")
    away = "s3://bucket/data?endpoint_override=127.0.0.1:9&scheme=http"
    said = bench.say("status", spec, "--data", away)
    assert said.out.splitlines()[1] == f"small in {bench.store}: 3 done, 6 skipped"
    assert "eurosat: can't reach s3://bucket/data" in said.out


def test_weights_that_have_moved_are_known_by_their_name(bench: Bench) -> None:
    model = bench.folder / "model"
    shutil.copytree(Path("benchmarks/pocket/model"), model)
    spec = bench.spec(backbone=f"local-dir:{model}", datasets=["pocket_dots"], views=3,
                      augmentation="crop_flip", methods=["zero_shot", "zip", "bar"])  # fmt: skip
    bench.fill(spec)
    shutil.rmtree(model)
    said = bench.say("status", spec)
    assert said.out.splitlines()[1] == f"small in {bench.store}: 5 done"
    assert f"{READ_ALONE} and weights (pocket_dots: backbone" in said.out
    other = bench.say("report", bench.spec(backbone="ViT-Z", datasets=["pocket_dots"]))
    assert other.code == 2
    assert "5 results, but none of the spec 'small': it asks for the backbone ViT-Z" in other.err
    assert "unknown backbone 'ViT-Z'. Did you mean" in other.err


def test_an_encoder_that_has_moved_hides_no_results(bench: Bench) -> None:
    encoder = bench.folder / "mae.safetensors"
    save_file({"weights": np.zeros(3, dtype=np.float32)}, encoder)
    methods = ["zero_shot", {"name": "blackvip", "encoder": str(encoder)}]
    spec = bench.spec(methods=methods, backbone={"model": "ViT-B-32", "pretrained": "random"})
    assert all(cell.key for cell in bench.fill(spec).cells)
    encoder.unlink()
    said = bench.say("status", spec)
    assert said.out.splitlines()[1] == f"small in {bench.store}: 3 done"
    assert "no encoder" in said.out


@pytest.mark.parametrize("version", [0, 1])
def test_results_without_their_encoder_join_those_of_the_same_images_alone(
    version: int, bench: Bench
) -> None:
    encoder = bench.folder / "mae.safetensors"
    save_file({"weights": np.zeros(3, dtype=np.float32)}, encoder)
    methods = ["zip", {"name": "blackvip", "encoder": str(encoder)}]
    fields = {"backbone": {"model": "ViT-B-32", "pretrained": "random"}}
    bench.fill(bench.spec(methods=methods, **fields))
    encoder.unlink()
    noisy_class_folders(bench.folder / "birds", version)
    bench.fill(bench.spec(methods=methods[:1], **fields))
    said = bench.say("status", bench.spec(methods=methods, **fields))
    if version == 0:
        assert said.out.splitlines()[1] == f"small in {bench.store}: 4 done"
        assert f"results of blackvip on birds are {READ_ALONE} (birds: no encoder" in said.out
    else:
        assert said.out.splitlines()[1] == f"small in {bench.store}: 2 done, 2 skipped"
        assert "results of 2 cells in the store are left out, being of other images" in said.out


def test_looking_at_a_plan_leaves_the_store_as_it_is(bench: Bench) -> None:
    spec = bench.spec(unreadable="skip")
    said = bench.say("status", spec)
    assert said.out.splitlines()[1] == f"small in {bench.store}: 3 new"
    assert not Path(bench.store).exists()


def test_prompts_of_a_source_are_found_by_its_name(bench: Bench) -> None:
    noisy_class_folders(bench.folder / "others")
    others = {"name": "others", "path": str(bench.folder / "others")}
    fields = {"protocol": "cross_dataset", "source": "birds", "own_datasets": [bench.birds, others]}
    spec = bench.spec(**fields, datasets=["others", "pocket_dots"])
    plan = bench.fill(spec)
    assert len({cell.key for cell in plan.cells if cell.cell.source}) == 4
    for gone in ("birds", "others"):
        shutil.rmtree(bench.folder / gone)
        said = bench.say("status", spec)
        assert said.out.splitlines()[1] == f"small in {bench.store}: 9 done"
    page = bench.say("report", spec)
    assert page.code == 0
    assert "61.5" in page.out  # of both seeds of zip on each dataset


def test_an_ablation_keeps_its_labels(bench: Bench) -> None:
    ablation = {"base": "zip", "vary": {"clip": [1, 10], "budget": [50, 100]}}
    spec = bench.spec(methods=["zero_shot"], ablation=ablation)
    cells = bench.fill(spec).cells
    bench.move_away()
    said = bench.say("report", spec)
    assert said.code == 0
    assert "zip: clip varied" in said.out
    assert f"{len(cells)} done" in bench.say("status", spec).out


def test_results_on_base_and_new_classes_are_found(bench: Bench) -> None:
    spec = bench.spec(protocol="base_to_new")
    bench.fill(spec)
    bench.move_away()
    assert "3 done" in bench.say("status", spec).out
    other = bench.say("status", bench.spec(protocol="few_shot"))
    assert "3 skipped" in other.out, "zero-shot of all classes is another cell"


def test_the_newest_of_two_versions_of_the_images_is_taken(bench: Bench) -> None:
    spec = bench.spec()
    bench.fill(spec, {"written": "2026-02-02T00:00:00+00:00"})
    noisy_class_folders(bench.folder / "birds", version=1)
    newest = bench.fill(spec, {"written": "2026-03-03T00:00:00+00:00"})
    bench.move_away()
    said = bench.say("report", spec)
    assert "note: 3 cells have several results, of other images, weights or versions" in said.out
    found = Reader(StoredCells(Store(LocalStorage(Path(bench.store)))), "nowhere")
    plan = found.plan(load_spec(str(spec)))
    assert [cell.key for cell in plan.cells] == [cell.key for cell in newest.cells]


def test_other_images_are_told_from_nothing(bench: Bench) -> None:
    spec = bench.spec()
    bench.fill(spec)
    noisy_class_folders(bench.folder / "birds", version=1)
    said = bench.say("report", spec)
    assert said.code == 2
    assert said.err == (
        "error: the store holds 3 results of the same cells with other images, which do not count: "
        "put back what they were made with, or run again.\n"
    )
    assert "which do not count" in bench.say("status", spec).out


def test_an_older_version_of_a_method_is_left_out(bench: Bench) -> None:
    spec = bench.spec(methods=["zip"])
    bench.fill(spec, {"fingerprints": {"method_version": 0, "rounding": None, "encoder": None}})
    bench.move_away()
    said = bench.say("report", spec)
    assert said.code == 2
    assert "results of 2 cells in the store are left out, being of other images or of" in said.err


def test_untrained_results_of_a_former_release_are_shown_and_told(bench: Bench) -> None:
    spec, store = bench.spec(budget=5), Store(LocalStorage(Path(bench.store)))
    reads = Listener(without=lambda *_: None)
    for cell in make_plan(load_spec(str(spec)), store, "nowhere", listener=reads).cells:
        store.save(replace(trace_of(cell), ledgers={"method": {"queries": 0, "images": 0}}))
    refused = bench.say("plan", spec)
    assert (refused.code, "budget 5 is below one step of zip" in refused.err) == (2, True)
    assert bench.say("status", spec).out.endswith(f"\nsmall in {bench.store}: 3 done\n")
    untried = bench.say("status", bench.spec(budget=6)).out
    assert f"small in {bench.store}: 1 done, 2 skipped\nskipped zip on birds: " in untried
    assert "budget 6 is below one step of zip, which costs 10 queries" in untried
    bench.spec(budget=5)
    said = bench.say("report", spec)
    told = "results of zip are of untrained prompts: the budget is below one step"
    assert (said.code, said.rows["birds", "zip"][0]) == (0, "61.5")
    assert f"\nnote: {told}\n" in said.out
    page = (Path(bench.store) / "reports" / "small" / "report.html").read_text()
    assert f'<p class="warning">R{told[1:]}.</p>' in page


def test_results_of_a_former_release_are_not_checked_against_the_code(bench: Bench) -> None:
    spec = bench.spec()
    bench.fill(spec, {"fingerprints": None})
    bench.move_away()
    assert f"{READ_ALONE} and code (birds: " in bench.say("status", spec).out


def test_results_of_another_spec_are_told_from_none(bench: Bench) -> None:
    bench.fill(bench.spec())
    bench.move_away()
    nearest = bench.say("report", bench.spec(methods=["zip"], budget=200))
    assert nearest.err == (
        f"error: {bench.store} holds 3 results, but none of the spec 'small': the nearest differs "
        f"in budget (100 there, 200 here). Correct --store or the spec, or run it first (birds: "
        f"{bench.folder}/birds is not there. Correct its path in the spec).\n"
    )
    other = bench.say("report", bench.spec(methods=["bar"]))
    assert "it asks for the method bar, and they are of zero_shot, zip." in other.err


def test_damaged_and_foreign_files_are_left_out_in_a_line(bench: Bench) -> None:
    spec = bench.spec()
    plan = bench.fill(spec)
    results = Path(bench.store) / "results"
    damaged = next(cell for cell in plan.cells if cell.cell.seed == 1)
    (results / f"{damaged.key}.parquet").write_bytes(b"damaged")
    (results / "notes.txt").write_text("mine")
    said = bench.say("report", spec)
    assert said.code == 0
    assert said.err.count("\n") == 1
    assert said.err.startswith(f"left out: {results}/{damaged.key}.parquet is not a readable trace")
    bench.move_away()
    again = bench.say("report", spec)
    assert again.code == 0
    assert again.err == said.err
    assert f"results on birds are {READ_ALONE}" in again.out


def test_a_result_of_a_later_release_is_left_out_in_a_line(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.fill(bench.spec(methods=["zero_shot"]))
    monkeypatch.setattr(trace_file, "SCHEMA_VERSION", "2")
    bench.fill(bench.spec(methods=["zip"], seeds=[1]))
    monkeypatch.undo()
    spec = bench.spec()
    for _ in range(2):
        said = bench.say("report", spec)
        assert said.code == 0
        (line,) = said.err.splitlines()
        assert "has trace schema version '2'; this release reads version '1'" in line
        if (bench.folder / "birds").exists():
            bench.move_away()


def test_cells_in_progress_are_found_by_their_checkpoints(bench: Bench) -> None:
    store = Store(LocalStorage(Path(bench.store)))
    bench.fill(bench.spec(seeds=[1]))
    spec = bench.spec()
    (cell,) = (cell for cell in bench.plan(spec).cells if cell.status == "new")
    snapshot = Snapshot(3, 3, State({}, {}), {"method": {"queries": 30, "images": 960}}, (), {})
    store.save_checkpoint(cell.key, 0, snapshot.to_bytes(cell.cell.model_dump(mode="json")))
    with_data = bench.say("status", spec).out
    bench.move_away()
    said = bench.say("status", spec).out
    assert "in progress  birds / zip / 2 shots / seed 2: 30 of 100" in said
    assert said.startswith(with_data)
    store.save_checkpoint(cell.key, 0, snapshot.to_bytes())  # of a former release
    said = bench.say("status", spec).out
    assert "2 done, 1 skipped" in said
    assert "1 cell is in progress whose checkpoints don't say what they are of" in said


def test_nothing_has_finished_while_cells_are_in_progress(bench: Bench) -> None:
    spec = bench.spec(methods=["zip"], seeds=[2])
    (cell,) = bench.plan(spec).cells
    snapshot = Snapshot(3, 3, State({}, {}), {"method": {"queries": 30, "images": 960}}, (), {})
    data = snapshot.to_bytes(cell.cell.model_dump(mode="json"))
    Store(LocalStorage(Path(bench.store))).save_checkpoint(cell.key, 0, data)
    for _ in range(2):
        said = bench.say("report", spec)
        begun = "(1 cell has begun). Run it first.\n"
        assert said.err == f"error: nothing has finished yet in {bench.store} {begun}"
        if (bench.folder / "birds").exists():
            bench.move_away()


def test_two_stores_are_compared_past_what_cannot_be_read(bench: Bench) -> None:
    plan, other = bench.fill(bench.spec()), bench.folder / "other"
    shutil.copytree(bench.store, other)
    (other / "results" / f"{plan.cells[0].key}.parquet").write_bytes(b"damaged")
    (other / "results" / "mine.parquet").write_bytes(b"foreign")
    said = querycurve("compare", bench.store, str(other))
    assert said.code == 0
    assert len(said.err.splitlines()) == 2
    assert "2 equal keys: 2 identical" in said.out


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    with s3_server() as running:
        yield running


def test_a_bucket_is_read_from_anywhere(server: S3Server, tmp_path: Path) -> None:
    bench = Bench.at(tmp_path, server.bucket())
    spec = bench.spec()
    bench.fill(spec)
    bench.move_away()
    said = bench.say("report", spec, "--out", str(tmp_path / "out"))
    assert said.code == 0
    assert f"results on birds are {READ_ALONE}" in said.out
    assert said.rows["birds", "zip"][0] == "61.5"


def test_a_process_without_network_imports_neither_ray_nor_torch(bench: Bench) -> None:
    spec = bench.spec()
    bench.fill(spec)
    bench.move_away()
    script = (
        "import sys, socket, json\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "from orchestrator.cli.main import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "print(json.dumps([n for n in ('ray', 'torch', 'open_clip') if n in sys.modules]))\n"
    )
    words = [sys.executable, "-c", script, "report", str(spec), "--store", bench.store]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
