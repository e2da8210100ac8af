"""What doesn't fit a dataset or a backbone is skipped with its reason, and the rest is planned."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.packed.layout import FACTS
from benchmarks.pocket.datasets import PocketDots, PocketOutlines
from orchestrator.cli.plan_view import show_plan
from orchestrator.errors import UserError
from orchestrator.plan.calibration import TowerCosts
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.plan.pricing import encoding_seconds, pricing_from
from orchestrator.plan.skipped import refuse_misfits, skipped
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.benchmarks.datasets.trees import write_image
from tests.orchestrator.cli.verbs import shown

RN50 = "backbone={model: RN50, pretrained: random}"
WIDE = "{name: zip, label: wide, context_tokens: 60}"
TRANSFER = ("source=pocket_silhouettes", "datasets=[pocket_dots]", "shots=[4]")


def planned(folder: Path, *overrides: str) -> Plan:
    fixed = ("datasets=[pocket_dots]", "seeds=[1, 2]", "methods=[zero_shot, zip]", "budget=500")
    spec = load_spec("demo", (*fixed, *overrides))
    return make_plan(spec, Store(LocalStorage(folder / "store")), folder / "data")


def states(plan: Plan) -> dict[tuple[str, str], str]:
    return {(cell.cell.dataset, cell.label): cell.status for cell in plan.cells}


def reasons(plan: Plan) -> list[str]:
    return [str(one) for one in skipped(plan.cells)]


def test_a_method_that_the_backbone_cannot_serve_leaves_the_others(tmp_path: Path) -> None:
    plan = planned(tmp_path, RN50, "methods=[zero_shot, bptvlm, zip]")
    assert states(plan) == {
        ("pocket_dots", "zero_shot"): "new",
        ("pocket_dots", "bptvlm"): "skipped",
        ("pocket_dots", "zip"): "new",
    }
    (reason,) = reasons(plan)
    assert reason.startswith("bptvlm on pocket_dots: this black box takes no visual tokens")
    assert {cell.label for cell in plan.to_run()} == {"zero_shot", "zip"}


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        (WIDE, "context_tokens must be at most 20"),
        ("{name: blackvip, label: wide}", "takes images of 224 pixels, but this black box takes"),
        ("{name: blackvip, label: wide, encoder: gone.pth}", "no encoder 'gone.pth'. Expected"),
        ("{name: bar, label: wide, image_size: 24}", "image_size must be between 1 and 23"),
    ],
)
def test_settings_that_do_not_fit_are_skipped_and_cost_nothing(
    method: str, reason: str, tmp_path: Path
) -> None:
    plan = planned(tmp_path, f"methods=[zero_shot, {method}]")
    assert states(plan) == {("pocket_dots", "zero_shot"): "new", ("pocket_dots", "wide"): "skipped"}
    (said,) = reasons(plan)
    assert said.startswith("wide on pocket_dots: ")
    assert reason in said
    costs = {plan.backbone.digest: TowerCosts("test", per_image=1.0, per_sequence=1.0)}
    pricing = pricing_from(plan, Store(LocalStorage(tmp_path / "store")), costs)
    assert pricing.total(plan.cells).queries == 0
    assert encoding_seconds(plan, costs) == plan.cells[0].test_images
    text = shown(lambda: show_plan(plan, pricing))
    assert "2 skipped" in text
    assert f"skipped {said}" in text


def test_strict_refuses_the_first_misfit_and_takes_a_plan_without_any(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wide on pocket_dots: context_tokens must be at most 20"):
        refuse_misfits(planned(tmp_path, f"methods=[zero_shot, {WIDE}]"), strict=True)
    refuse_misfits(planned(tmp_path), strict=True)


def test_a_plan_of_which_nothing_fits_is_refused_with_each_reason_on_a_line(tmp_path: Path) -> None:
    both = planned(
        tmp_path,
        "methods=[bptvlm, {name: blackvip, encoder: gone.pth}]",
        RN50,
        "datasets=[pocket_dots, pocket_outlines]",
    )
    with pytest.raises(UserError) as refused:
        refuse_misfits(both, strict=False)
    head, first, second = str(refused.value).split("\n")
    assert head == "nothing of demo can run:"
    assert first.startswith("bptvlm on pocket_dots, pocket_outlines: this black box takes no")
    assert second.startswith("blackvip on pocket_dots, pocket_outlines: no encoder 'gone.pth'")
    with pytest.raises(UserError, match=r"nothing of demo can run\. wide on pocket_dots: context"):
        refuse_misfits(planned(tmp_path, f"methods=[{WIDE}]"), strict=False)


def test_missing_data_are_no_misfit(tmp_path: Path) -> None:
    plan = planned(tmp_path, "datasets=[eurosat, dtd]", RN50, "methods=[zip, bptvlm]")
    refuse_misfits(plan, strict=False)
    assert [cell.fits for cell in plan.cells if cell.label == "zip"] == [True] * 4
    costs = {plan.backbone.digest: TowerCosts("test", per_image=1.0, per_sequence=1.0)}
    pricing = pricing_from(plan, Store(LocalStorage(tmp_path / "store")), costs)
    assert pricing.total(plan.cells).queries == 4 * 500
    with pytest.raises(UserError, match="bptvlm on eurosat, dtd: this black box takes no visual"):
        refuse_misfits(plan, strict=True)


def test_a_set_of_test_images_alone_takes_methods_that_train_nothing(tmp_path: Path) -> None:
    rows = ["image,class_name,split"]
    for name in ("goose", "owl"):
        write_image(tmp_path / f"{name}.jpg")
        rows.append(f"{name}.jpg,{name},test")
    (tmp_path / "tests.csv").write_text("\n".join(rows))
    own = f"datasets=[pocket_dots, {{name: tests, path: {tmp_path}/tests.csv}}]"
    plan = planned(tmp_path, own)
    assert states(plan)["tests", "zero_shot"] == "new"
    assert states(plan)["tests", "zip"] == "skipped"
    (reason,) = reasons(plan)
    assert reason.startswith("zip on tests: it has no training images, so nothing can be trained")
    refuse_misfits(planned(tmp_path, own, "methods=[zero_shot]"), strict=True)


def test_a_dataset_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    for name in ("Forest", "River"):
        for number in range(10):
            write_image(tmp_path / "data" / "eurosat" / "2750" / name / f"{number}.jpg")
    (tmp_path / "data" / "eurosat" / "split_zhou_EuroSAT.json").write_text("{")
    plan = planned(tmp_path, "datasets=[eurosat, pocket_dots]")
    assert set(states(plan).items()) >= {
        (("eurosat", "zero_shot"), "skipped"),
        (("eurosat", "zip"), "skipped"),
        (("pocket_dots", "zip"), "new"),
    }
    (reason,) = reasons(plan)
    assert reason.startswith("eurosat: ")
    assert "not readable JSON" in reason


def test_a_damaged_pack_of_ones_own_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / FACTS).write_text("{")
    own = f"datasets=[pocket_dots, {{name: birds, path: {tmp_path}/pack}}]"
    plan = planned(tmp_path, own)
    assert {c.cell.dataset for c in plan.to_run()} == {"pocket_dots"}
    (reason,) = reasons(plan)
    assert reason.startswith(f"birds: {tmp_path}/pack/{FACTS} is damaged")


def test_an_own_folder_that_is_not_there_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"dataset birds: .* is not there"):
        planned(tmp_path, f"datasets=[pocket_dots, {{name: birds, path: {tmp_path}/birds}}]")


def test_too_many_shots_are_skipped_where_there_are_others(tmp_path: Path) -> None:
    plan = planned(tmp_path, "shots=[4, 33]")
    found = {(cell.label, cell.cell.shots): cell.status for cell in plan.cells}
    assert found == {("zero_shot", 0): "new", ("zip", 4): "new", ("zip", 33): "skipped"}
    (reason,) = reasons(plan)
    assert reason.startswith("zip on pocket_dots: 33 shots asked for, but class 'one' has only 32")


def test_what_was_skipped_on_the_source_is_skipped_on_what_it_would_be_tested_on(
    tmp_path: Path,
) -> None:
    bar = "{name: bar, label: wide, image_size: 24}"
    methods = f"methods=[zero_shot, zip, {bar}]"
    plan = planned(tmp_path, "protocol=cross_dataset", *TRANSFER, methods)
    assert states(plan)["pocket_dots", "zip"] == "new"
    assert [one.partition(": ")[0] for one in reasons(plan)] == [
        "wide on pocket_silhouettes, pocket_dots"
    ]
    plan = planned(tmp_path, "protocol=cross_dataset", *TRANSFER, "shots=[33]")
    assert reasons(plan)[-1] == (
        "zip on pocket_dots: it tests prompts trained on pocket_silhouettes, where it is skipped"
    )
    assert states(plan)["pocket_dots", "zero_shot"] == "new"


def test_on_other_classes_than_the_sources_nothing_is_transferred(tmp_path: Path) -> None:
    plan = planned(tmp_path, "protocol=out_of_distribution", *TRANSFER)
    assert states(plan)["pocket_dots", "zero_shot"] == "new"
    (reason,) = reasons(plan)
    assert reason.startswith("zip on pocket_dots: out_of_distribution tests on classes of its")


def test_a_protocol_that_a_dataset_cannot_serve_skips_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PocketDots, "class_names", lambda _: ("one",))
    whole = PocketDots.items
    few = lambda self, split: tuple(i for i in whole(self, split) if i.label == 0)  # noqa: E731
    monkeypatch.setattr(PocketDots, "items", few)
    plan = planned(tmp_path, "protocol=base_to_new", "datasets=[pocket_dots, pocket_outlines]")
    assert reasons(plan) == ["pocket_dots: base_to_new needs at least 2 classes, got 1"]


def test_methods_that_share_a_reason_are_named_together(tmp_path: Path) -> None:
    plan = planned(
        tmp_path,
        "datasets=[pocket_dots, pocket_outlines]",
        "methods=[zero_shot, zip, bar, {name: bar, label: wide, image_size: 24}]",
        "shots=[33]",
    )
    assert [one.partition(": ")[0] for one in reasons(plan)] == [
        "zip, bar on pocket_dots",
        "wide on pocket_dots, pocket_outlines",
        "zip, bar on pocket_outlines",
    ]


def test_a_missing_image_keeps_its_dataset_from_running_and_no_other(tmp_path: Path) -> None:
    for split, name in product(("train", "val", "test"), ("goose", "owl")):
        for number in range(4):
            write_image(tmp_path / "birds" / split / name / f"{number}.jpg")
    rows = ["image,class_name,split"]
    for path in sorted((tmp_path / "birds").rglob("*.jpg")):
        place = path.relative_to(tmp_path / "birds")
        rows.append(f"{place},{place.parts[1]},{place.parts[0]}")
    (tmp_path / "birds" / "all.csv").write_text("\n".join(rows))
    (tmp_path / "birds" / "test" / "owl" / "3.jpg").unlink()
    own = f"{{name: birds, path: {tmp_path}/birds/all.csv}}"
    plan = planned(tmp_path, f"datasets=[pocket_dots, {own}]", "shots=[2]")
    assert {c.cell.dataset for c in plan.to_run()} == {"pocket_dots"}
    (reason,) = reasons(plan)
    assert reason.startswith("birds: can't read image")


def test_values_of_an_ablation_that_do_not_fit_are_skipped(tmp_path: Path) -> None:
    vary = "{rank: [3, 9], context_tokens: [60], backbone: [{model: RN50, pretrained: random}]}"
    plan = planned(tmp_path, "methods=[]", f"ablation={{base: zip, vary: {vary}}}", "seeds=[1]")
    assert {cell.label: cell.status for cell in plan.cells} == {
        "zip": "new",
        "zip[rank=3]": "new",
        "zip[rank=9]": "skipped",
        "zip[context_tokens=60]": "skipped",
        "zip[backbone=RN50 random]": "new",
    }
    assert "rank = 9 is impossible here: rank must be between 1 and 8" in reasons(plan)[0]


def test_a_search_still_refuses_what_does_not_fit(tmp_path: Path) -> None:
    spec = load_spec("demo", ("datasets=[pocket_dots]", f"methods=[{WIDE}]"))
    with pytest.raises(UserError, match="method 'wide' on pocket_dots: context_tokens must be"):
        make_plan(spec, Store(LocalStorage(tmp_path)), tmp_path, blind=True)


def test_an_error_while_images_are_hashed_skips_the_dataset_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(self: PocketOutlines, *_: object) -> list[str | None]:
        raise DatasetError("dataset pocket_outlines: its folder is locked")

    monkeypatch.setattr(PocketOutlines, "fingerprints", locked)
    plan = planned(tmp_path, "datasets=[pocket_outlines, pocket_dots]")
    assert reasons(plan) == ["pocket_outlines: its folder is locked"]
    assert {c.cell.dataset for c in plan.to_run()} == {"pocket_dots"}
