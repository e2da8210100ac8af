"""Plans: each cell once, keyed, with its state and its price."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.interface import Item, Split
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.zoo.imagenet import ImageNet
from benchmarks.pocket.parquet_dataset import ParquetDataset
from orchestrator.cli.plan_view import show_cells, show_plan, show_status
from orchestrator.errors import UserError
from orchestrator.oracle import backbone
from orchestrator.oracle.model_folder import read_config
from orchestrator.plan.calibration import TowerCosts
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.plan.pricing import pricing_from
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from tests.benchmarks.datasets.locked import lock
from tests.benchmarks.datasets.trees import coop_tree, imagenet_tree, write_image
from tests.orchestrator.cli.verbs import shown
from tests.orchestrator.plan.strict_plan import strict_plan


def plan_of(folder: Path, *overrides: str, spec: str = "demo") -> tuple[Plan, Store]:
    store = Store(LocalStorage(folder / "store"))
    chosen = ("methods=[zero_shot, zip]", *overrides)
    return strict_plan(load_spec(spec, chosen), store, folder / "data"), store


def test_the_grid_is_whole_and_methods_without_training_run_once(tmp_path: Path) -> None:
    plan, _ = plan_of(tmp_path, "datasets=[pocket_dots,pocket_outlines]", "shots=[4,16]")
    counts = Counter((c.cell.dataset, c.label) for c in plan.cells)
    assert counts == {
        ("pocket_dots", "zero_shot"): 1,
        ("pocket_dots", "zip"): 6,
        ("pocket_outlines", "zero_shot"): 1,
        ("pocket_outlines", "zip"): 6,
    }
    assert len({cell.key for cell in plan.cells}) == 14


def key_of_zero_shot(*overrides: str) -> str:
    chosen = ("datasets=[pocket_dots]", "methods=[zero_shot]", *overrides)
    store = Store(LocalStorage(Path("/nonexistent")))
    (cell,) = make_plan(load_spec("demo", chosen), store, Path()).cells
    return cell.key


@pytest.fixture(scope="module")
def usual() -> str:
    """The key of zero-shot in the spec as it is."""
    return key_of_zero_shot()


@given(points=st.integers(1, 50), budget=st.integers(1, 50), size=st.integers(1, 50))
def test_what_zero_shot_does_not_depend_on_does_not_change_its_key(
    points: int, budget: int, size: int, usual: str
) -> None:
    changes = (f"evaluation.points={points}", f"budget={budget}", f"batch_size={size}")
    assert key_of_zero_shot(*changes) == usual


@pytest.mark.parametrize(
    "override",
    [
        "budget=100",
        "batch_size=64",
        "precision=bf16",
        "precision=tf32",
        "augmentation=crop_flip",
        "evaluation.points=5",
        "shots=[8]",
        "seeds=[4]",
        "methods.1.rank=3",
        "datasets=[pocket_outlines]",
    ],
)
def test_what_zip_depends_on_changes_its_key(override: str, tmp_path: Path) -> None:
    base = ("datasets=[pocket_dots]", "seeds=[1]")
    before = {c.key for c in plan_of(tmp_path, *base)[0].cells if c.label == "zip"}
    after = {c.key for c in plan_of(tmp_path, *base, override)[0].cells if c.label == "zip"}
    assert not before & after


def test_views_are_in_the_keys_of_methods_that_leave_images_alone(tmp_path: Path) -> None:
    def keys(*more: str) -> dict[str, str]:
        chosen = ("datasets=[pocket_dots]", "seeds=[1]", "augmentation=crop_flip")
        cells = plan_of(tmp_path, *chosen, "methods=[zip, bar, zero_shot]", *more)[0].cells
        return {cell.label: cell.key for cell in cells}

    without, two, three = keys(), keys("views=2"), keys("views=3")
    assert len({without["zip"], two["zip"], three["zip"]}) == 3
    assert without["bar"] == two["bar"]
    assert without["zero_shot"] == two["zero_shot"]
    assert keys("views=0") == without


def test_labels_and_report_settings_do_not_change_keys(tmp_path: Path) -> None:
    before = {c.key for c in plan_of(tmp_path)[0].cells}
    after = plan_of(tmp_path, "name=other", "report.target_gain=9", "methods.1.label=mine")[0]
    assert {c.key for c in after.cells} == before


def test_a_methods_own_batch_size_is_its_cells(tmp_path: Path) -> None:
    chosen = "methods=[zip, {name: zip, label: small, batch_size: 16}]"
    plan, _ = plan_of(tmp_path, "datasets=[pocket_dots]", "seeds=[1]", chosen)
    assert {c.label: c.cell.batch_size for c in plan.cells} == {"zip": 128, "small": 16}
    assert len({c.key for c in plan.cells}) == 2


def test_equal_settings_are_run_once_and_shown_under_each_label(tmp_path: Path) -> None:
    chosen = "methods=[bar@zip-port, {name: bar, label: spelled out, decay_epochs: 1000}]"
    plan, _ = plan_of(tmp_path, "datasets=[pocket_dots]", "seeds=[1]", chosen)
    first, second = plan.cells
    assert first.key == second.key
    assert [(c.label, c.same_as) for c in plan.cells] == [
        ("bar@zip-port", ""),
        ("spelled out", "bar@zip-port"),
    ]
    assert plan.to_run() == (first,)


def test_image_size_and_encoder_of_a_method_are_part_of_its_key(tmp_path: Path) -> None:
    base = ("datasets=[pocket_dots]", "seeds=[1]")
    keys = set()
    for change in ("{name: bar}", "{name: bar, image_size: 18}"):
        (cell,) = plan_of(tmp_path, *base, f"methods=[{change}]")[0].cells
        keys.add(cell.key)
    weights = tmp_path / "mae.pth"
    for number in (1.0, 2.0):
        torch.save({"weight": torch.tensor(number)}, weights)
        vit = "backbone={model: ViT-B-16-quickgelu, pretrained: random}"
        method = f"methods=[{{name: blackvip, encoder: {weights}}}]"
        (cell,) = plan_of(tmp_path, *base, vit, method)[0].cells
        keys.add(cell.key)
    assert len(keys) == 4


def test_an_ensemble_of_the_datasets_own_is_in_the_key_of_what_averages_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imagenet_tree(tmp_path / "data")
    coop_tree(tmp_path / "data", "dtd")

    def keys() -> dict[str, str]:
        arms = "methods=[zero_shot, zero_shot@ensemble]"
        plan, _ = plan_of(tmp_path, "datasets=[imagenet, dtd]", arms, "shots=[1]")
        return {cell.title: cell.key for cell in plan.cells}

    now = keys()
    monkeypatch.setattr(ImageNet, "card", replace(ImageNet.card, ensemble=()))
    before = keys()
    changed = {title for title, key in now.items() if before[title] != key}
    assert changed == {"imagenet / zero_shot@ensemble"}


def test_the_papers_comparison_plans_every_method(tmp_path: Path) -> None:
    store = Store(LocalStorage(tmp_path))
    cells = make_plan(load_spec("few_shot"), store, tmp_path).cells
    demands = {c.label: c.demand for c in cells}
    assert {label: d.candidates for label, d in demands.items()} == {
        "zero_shot": 0, "bar": 6, "blackvip": 10, "bptvlm": 1, "zip": 10,
    }  # fmt: skip
    assert demands["bar"].image_size == 194
    assert demands["blackvip"].encoder == "hub:facebook/vit-mae-base"
    assert [d.touches_images for d in demands.values()] == [False, True, True, True, False]


def test_cells_are_done_in_progress_failed_or_new(tmp_path: Path) -> None:
    plan, store = plan_of(tmp_path, "datasets=[pocket_dots]")
    zips = [cell for cell in plan.cells if cell.label == "zip"]
    store.save(Trace(zips[0].key, {}, "finished", ()))
    store.save_checkpoint(zips[1].key, 0, b"damaged")
    store.save(Trace(zips[2].key, {}, "failed", (), error="ValueError: no"))
    again, _ = plan_of(tmp_path, "datasets=[pocket_dots]")
    states = {c.key: c.status for c in again.cells}
    assert [states[c.key] for c in zips] == ["done", "in progress", "failed"]
    todo = again.to_run()
    assert todo[0].key == zips[1].key, "what was begun goes first"
    assert zips[0].key not in {c.key for c in todo}
    text = shown(lambda: show_status(again, store))
    assert "1 done, 1 in progress, 1 failed, 1 new" in text
    assert "ValueError: no" in text
    assert "it will start afresh" in text


def test_missing_datasets_are_skipped_with_how_to_get_them_and_priced(tmp_path: Path) -> None:
    plan, store = plan_of(tmp_path, spec="few_shot")
    assert plan.counts() == {"skipped": 52}
    costs = TowerCosts("test", per_image=0.01, per_sequence=0.001)
    pricing = pricing_from(plan, store, {plan.backbone.digest: costs})
    total = pricing.total(plan.cells)
    assert total.queries == 13 * 3 * 5000
    assert total.images == 13 * 3 * 5000 * 128
    assert total.seconds is not None
    assert total.seconds > 0
    text = shown(lambda: show_plan(plan, pricing))
    for name in load_spec("few_shot").datasets:
        assert f"skipped {name}:" in text
    assert "CoOp" in text


def test_a_split_of_our_own_is_noted_and_a_broken_one_refused(tmp_path: Path) -> None:
    tree = tmp_path / "data" / "eurosat"
    for name in ("Forest", "River"):
        for number in range(10):
            write_image(tree / "2750" / name / f"{number}.jpg")
    plan, _ = plan_of(tmp_path, "datasets=[eurosat]", "shots=[4]")
    (note,) = plan.notes
    assert note.startswith("eurosat: split_zhou_EuroSAT.json is missing: own split, 70/10/20")
    (tree / "split_zhou_EuroSAT.json").write_text("{")
    with pytest.raises(UserError, match="not readable JSON"):
        plan_of(tmp_path, "datasets=[eurosat]", "shots=[4]")


def test_a_locked_dataset_is_skipped_by_name_and_others_are_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coop_tree(tmp_path / "data", "dtd")
    lock(monkeypatch, tmp_path / "data" / "dtd")
    chosen = ("datasets=[dtd, pocket_dots]", "seeds=[1]", "methods=[zero_shot, zip]")
    plan = make_plan(
        load_spec("demo", chosen), Store(LocalStorage(tmp_path / "store")), tmp_path / "data"
    )
    assert plan.counts() == {"new": 2, "skipped": 2}
    reasons = {cell.cell.dataset: cell.reason for cell in plan.cells}
    assert f"can't look into {tmp_path}/data/dtd/images: permission denied" in reasons["dtd"]
    assert reasons["pocket_dots"] == ""


def test_an_own_dataset_is_planned_by_what_it_has_and_must_be_there(tmp_path: Path) -> None:
    own = f"datasets=[{{name: birds, path: {tmp_path / 'birds'}}}]"
    with pytest.raises(UserError, match=r"dataset birds: .*birds.* is not there"):
        plan_of(tmp_path, own, "shots=[2]")
    for split, count in (("train", 3), ("test", 2)):
        for name in ("goose", "owl"):
            for number in range(count):
                write_image(tmp_path / "birds" / split / name / f"{number}.jpg")
    plan, _ = plan_of(tmp_path, own, "shots=[2]")
    assert {(c.cell.dataset, c.classes, c.test_images) for c in plan.cells} == {("birds", 2, 4)}
    (tmp_path / "birds" / "test" / "owl" / "0.jpg").unlink()
    keys = {cell.key for cell in plan.cells}
    assert not keys & {c.key for c in plan_of(tmp_path, own, "shots=[2]")[0].cells}


def test_a_packed_dataset_has_the_keys_of_the_unpacked_one(tmp_path: Path) -> None:
    dataset = coop_tree(tmp_path / "data", "dtd")
    before = plan_of(tmp_path, "datasets=[dtd]", "shots=[1]")[0]
    pack(dataset, open_location(tmp_path / "packs").child("dtd"))
    spec = load_spec("demo", ("methods=[zero_shot, zip]", "datasets=[dtd]", "shots=[1]"))
    after = make_plan(spec, Store(LocalStorage(tmp_path / "store")), tmp_path / "packs")
    assert [c.key for c in after.cells] == [c.key for c in before.cells]


def test_a_price_counts_each_tower_as_often_as_it_is_needed(tmp_path: Path) -> None:
    overrides = ("datasets=[pocket_dots]", "seeds=[1]", "budget=1000", "evaluation.points=4")
    costs = TowerCosts("test", per_image=1.0, per_sequence=0.001)
    plan, store = plan_of(tmp_path, *overrides)
    (cell,) = [c for c in plan.cells if c.label == "zip"]
    price = pricing_from(plan, store, {plan.backbone.digest: costs}).price(cell)
    assert (price.queries, price.images) == (1000, 128_000)
    # 128 training images once; 8 classes for each query and each of 5 evaluations
    assert price.seconds == pytest.approx(128 + 8 * 1000 * 0.001 + 5 * 8 * 0.001)
    plan, store = plan_of(tmp_path, *overrides, "augmentation=crop_flip")
    (cell,) = [c for c in plan.cells if c.label == "zip"]
    price = pricing_from(plan, store, {plan.backbone.digest: costs}).price(cell)
    # augmented images are encoded once for the ten queries of a step
    assert price.seconds == pytest.approx(12_800 + 8 + 0.04)


@pytest.mark.parametrize(
    ("method", "queries", "evaluations"), [("template_search", 1000, 5), ("score_probe", 2, 2)]
)
def test_strings_are_encoded_for_every_query_and_who_stops_early_is_measured_less(
    tmp_path: Path, method: str, queries: int, evaluations: int
) -> None:
    overrides = ("datasets=[pocket_dots]", "seeds=[1]", "budget=1000", "evaluation.points=4")
    costs = TowerCosts("test", per_image=1.0, per_sequence=0.001)
    plan, store = plan_of(tmp_path, *overrides, f"methods=[{method}]", "batch_size=64")
    (cell,) = plan.cells
    price = pricing_from(plan, store, {plan.backbone.digest: costs}).price(cell)
    assert price.queries == queries
    assert price.seconds == pytest.approx(128 + 8 * (queries + evaluations) * 0.001)


def test_finished_cells_price_their_kind_better_than_any_model(tmp_path: Path) -> None:
    plan, store = plan_of(tmp_path, "datasets=[pocket_dots]")
    zips = [cell for cell in plan.cells if cell.label == "zip"]
    store.save(Trace(zips[0].key, {}, "finished", (), timing={"total": 7.0}))
    plan, store = plan_of(tmp_path, "datasets=[pocket_dots]")
    pricing = pricing_from(plan, store, {})
    assert pricing.price(plan.cells[1]).queries == 0
    assert pricing.total(c for c in plan.cells if c.label == "zip").seconds == 14.0


def test_without_a_measurement_no_time_is_made_up(tmp_path: Path) -> None:
    plan, store = plan_of(tmp_path)
    pricing = pricing_from(plan, store, {})
    assert pricing.total(plan.cells).seconds is None
    text = shown(lambda: show_plan(plan, pricing))
    assert "add --measure" in text


def test_every_cell_can_be_listed_with_its_key(tmp_path: Path) -> None:
    plan, _ = plan_of(tmp_path)
    text = shown(lambda: show_cells(plan))
    assert all(cell.key in text and cell.title in text for cell in plan.cells)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("shots=[33]", "class 'one' has only 32 training images"),
        ("methods.1.context_tokens=21", "context_tokens must be at most 20"),
        ("methods.1.intrinsic_dimension=2000", "intrinsic_dimension must be at most 1024"),
        ("backbone={model: RN50, pretrained: openia}", "Did you mean: openai"),
        ("methods=[{name: bar, image_size: 24}]", "image_size must be between 1 and 23"),
        ("methods=[bptvlm, {name: bptvlm, label: b, population: 1}]", "2 or more"),
        ("methods=[blackvip]", "takes images of 224 pixels, but this black box takes 24"),
        ("methods=[{name: blackvip, encoder: here.pth}]", "no encoder 'here.pth'. Expected"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_starts(
    override: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        plan_of(tmp_path, "datasets=[pocket_dots]", override)


def test_short_classes_may_be_taken_whole_and_are_named(tmp_path: Path) -> None:
    plan, _ = plan_of(tmp_path, "datasets=[pocket_dots]", "shots=[33]", "short_classes=take_all")
    assert "8 classes have fewer than 33 images" in plan.notes[0]
    assert "one, two" in plan.notes[0]


def test_more_seeds_read_no_more_of_the_model_or_the_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: Counter[str] = Counter()
    items, revision = ParquetDataset.items, ParquetDataset.revision

    def counted_items(dataset: ParquetDataset, split: Split) -> Sequence[Item]:
        reads[split] += 1
        return items(dataset, split)

    def counted_revision(dataset: ParquetDataset) -> str:
        reads["revision"] += 1
        return revision(dataset)

    def counted_config(folder: Path) -> dict[str, Any]:
        reads["configuration"] += 1
        return read_config(folder)

    monkeypatch.setattr(ParquetDataset, "items", counted_items)
    monkeypatch.setattr(ParquetDataset, "revision", counted_revision)
    monkeypatch.setattr(backbone, "read_config", counted_config)
    plan_of(tmp_path, "datasets=[pocket_dots]", "seeds=[1]")
    few = Counter(reads)
    reads.clear()
    plan, _ = plan_of(tmp_path, "datasets=[pocket_dots]", f"seeds={list(range(1, 9))}")
    assert len(plan.cells) == 9
    assert reads == few


def test_cells_of_a_method_share_all_but_their_seed(tmp_path: Path) -> None:
    plan, _ = plan_of(tmp_path, "datasets=[pocket_dots]", "seeds=[1,2,3]")
    first, *others = [
        cell for cell in pickle.loads(pickle.dumps(plan)).cells if cell.label == "zip"
    ]
    assert len(others) == 2
    for cell in others:
        assert cell.cell.method is first.cell.method
        assert cell.demand is first.demand
        assert cell.features is first.features
        assert cell.cell == first.cell.model_copy(update={"seed": cell.cell.seed})
