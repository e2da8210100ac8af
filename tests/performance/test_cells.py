"""The bench of whole cells runs methods on the old and the new path of pixels alike."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from pathlib import Path

import open_clip
import pytest
import torch
from PIL import Image

from benchmarks.backbones import BACKBONES
from methods.interface import State
from methods.registry import method_names
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.store.trace import Point, Trace
from tests.performance.cells import __main__ as cells
from tests.performance.cells import bench
from tests.performance.cells.clock import Spent
from tests.performance.cells.model import vit_b_16
from tests.performance.cells.need import image_flops
from tests.performance.cells.old_stream import OldStream
from tests.performance.cells.options import Options, parsed
from tests.performance.cells.photos import Photos, photo
from tests.performance.cells.plan import DATASET, planned
from tests.performance.cells.side import Ran
from tests.performance.cells.table import SIDES, Row

POCKET = Backbone(model=BACKBONES["pocket"].model)
FEW = Options(classes=2, shots=2, test_images=3, batch=2, steps=2)
TINY = "--classes 2 --shots 2 --test-images 3 --batch 2 --steps 2"


@pytest.fixture(autouse=True)
def _models_of_this_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """What open_clip is told of here is known to no other test."""
    for name in ("_MODEL_CONFIGS", "_MODEL_CONFIG_PATHS"):
        monkeypatch.setattr(open_clip.factory, name, copy(getattr(open_clip.factory, name)))


@pytest.fixture
def pocket(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pocket model in place of ViT-B/16."""
    monkeypatch.setattr(bench, "vit_b_16", lambda *_: POCKET)


@pytest.mark.usefixtures("pocket")
def test_cells_have_equal_traces_on_all_sides_and_every_stage_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    # New images, pixels, images by name, and the same ones twice.
    methods = ["zip", "bar", "score_probe", "mezo"]
    words = [*TINY.split(), "--json", str(file), "--only", *methods]
    assert cells.main(words) == 0
    said = capsys.readouterr().out
    assert "of 4 cells: equal on all sides" in said
    assert "assumed, not measured" in said
    written = json.loads(file.read_text())
    assert {cell["method"] for cell in written["cells"]} == set(methods)
    for cell in written["cells"]:
        assert cell["equal"]
        assert tuple(cell["seconds"]) == SIDES
        assert {"evaluation", "method", "data", "query"} <= cell["seconds"]["old"][
            "by_activity"
        ].keys()
    stages = {stage["name"]: stage for stage in written["stages"]}
    for kind in ("training", "test"):
        assert f"a {kind} image, old path" in stages
        assert f"a {kind} image, new path, from packs" in stages
    for name in ("decode", "read from a pack", "normalise", "encode an image", "encode a text"):
        assert stages[name]["seconds"] > 0
    assert stages["decode"]["cores_for_an_h100"] > 0
    assert stages["encode a text"]["cores_for_an_h100"] is None


@pytest.mark.usefixtures("pocket")
def test_methods_that_do_not_fit_are_left_out_unless_they_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench, "all_stages", lambda *_: ())
    monkeypatch.setattr(bench, "expected_seconds", lambda *_: 1.0)
    figures = bench.Bench(replace(FEW, minutes=1e-9), tmp_path, lambda _: None).figures()
    assert len(figures.rows) == 1  # the first piece of work is always done
    assert "zomp: about" in " ".join(figures.left_out)
    assert "blackvip, because" in " ".join(figures.left_out)


@pytest.mark.usefixtures("pocket")
def test_a_path_that_gives_other_images_is_found_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = OldStream.batch
    monkeypatch.setattr(OldStream, "batch", lambda self, step, **how: batch(self, step + 1, **how))
    monkeypatch.setattr(bench, "all_stages", lambda *_: ())
    monkeypatch.setattr(bench, "expected_seconds", lambda *_: 0.0)
    assert cells.main([*TINY.split(), "--only", "zip"]) == 1
    said = capsys.readouterr().out
    assert "NOT equal on all sides" in said
    assert "DIFFER" in said


def test_every_method_has_a_cell_of_as_many_steps_as_were_asked_for(tmp_path: Path) -> None:
    Photos(FEW.classes, FEW.shots, FEW.test_images, 40, 30).write(tmp_path / DATASET)
    found = {cell.label: cell for cell in planned(FEW, vit_b_16(2), tmp_path)}
    assert set(found) == set(method_names())
    assert {cell.status for cell in found.values()} == {"new"}
    assert found["zip"].cell.queries == 2 * found["zip"].demand.candidates
    assert found["zero_shot"].cell.queries == 0
    assert list(planned(replace(FEW, only=("mezo", "bar")), vit_b_16(2), tmp_path)) == [
        found["mezo"],
        found["bar"],
    ]


def test_the_model_is_vit_b_16_but_for_its_layers() -> None:
    whole = resolve_backbone(vit_b_16(12)).config
    few = resolve_backbone(vit_b_16(2)).config
    for tower in ("vision_cfg", "text_cfg"):
        assert whole[tower]["layers"] == 12
        assert few[tower] == {**whole[tower], "layers": 2}


def test_photographs_are_as_large_as_real_ones_and_always_the_same(tmp_path: Path) -> None:
    photos = Photos(classes=3, shots=1, test=2)
    size = photos.write(tmp_path / "one")
    assert 50_000 < size < 100_000
    photos.write(tmp_path / "two")
    ones, twos = (sorted((tmp_path / name).rglob("*.jpg")) for name in ("one", "two"))
    assert len(ones) == 5
    assert [file.read_bytes() for file in ones] == [file.read_bytes() for file in twos]
    with Image.open(ones[0]) as image:
        assert image.size == (500, 375)
    assert photo(1, 50, 40).tobytes() != photo(2, 50, 40).tobytes()


@pytest.mark.parametrize("what", ["value", "ledger", "prompt"])
def test_whatever_differs_makes_a_row_unequal(what: str) -> None:
    def ran(accuracy: float, queries: int, number: float) -> Ran:
        points = (Point(0, 0, "test_accuracy", accuracy),)
        ledgers = {"method": {"queries": queries}}
        trace = Trace("key", {}, "finished", points, ledgers)
        return Ran(trace, State({"w": torch.tensor([number])}), Spent())

    changed = {"value": ran(51, 1, 1), "ledger": ran(50, 2, 1), "prompt": ran(50, 1, 2)}[what]
    assert Row("zip", (ran(50, 1, 1), ran(50, 1, 1))).equal
    assert not Row("zip", (ran(50, 1, 1), changed)).equal


def test_cores_for_a_gpu_follow_from_the_operations_of_vit_b_16() -> None:
    assert image_flops() == pytest.approx(35.1e9, rel=0.01)


def test_words_say_what_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert parsed(["--only", "zip", "bar"]).only == ("zip", "bar")
    with pytest.raises(SystemExit):
        parsed(["--classes", "0"])
    assert "expected a whole number from 1, got 0" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        parsed(["--help"])
    assert "the exit code is 1" in capsys.readouterr().out
