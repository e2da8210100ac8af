"""The verb `plan`: what would run, and what it would cost."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from orchestrator.console import duration
from orchestrator.plan.calibration import TowerCosts, calibration_name
from orchestrator.plan.image_costs import ImageCosts
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.verbs import SPEC, files_in, fill, plan_of, querycurve, write_spec


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_spec(tmp_path)


def test_everything_is_new_at_first_and_nothing_is_written(spec: Path, tmp_path: Path) -> None:
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    assert (said.code, said.err) == (0, "")
    assert "small: 10 cells" in said.out
    assert said.rows["pocket_dots", "zip"] == ["2", "new", "400", "12,800", "?"]
    assert said.rows["pocket_dots", "zero_shot"] == ["1", "new", "0", "0", "?"]
    assert said.rows["all", "10"] == ["new", "1,600", "51,200", "?"]
    assert "time is unknown until something was measured: add --measure" in said.out
    assert (said.rows["strings", "zero_shot"], said.rows["pixels", "bar"]) == ([], [])
    assert said.rows["soft", "context"] == ["zip"]
    assert not (tmp_path / "store").exists()


def test_what_is_there_costs_nothing_more(spec: Path, tmp_path: Path) -> None:
    fill(tmp_path / "store", spec)
    before = files_in(tmp_path / "store")
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    assert said.code == 0
    assert said.rows["pocket_dots", "zip"] == ["2", "done", "0", "0", "0", "s"]
    # the other seed took an hour
    outlines = ["1", "done,", "1", "failed", "200", "6,400", "60", "min"]
    assert said.rows["pocket_outlines", "zip"] == outlines
    # as many queries as if no checkpoint were there: what a run costs at most
    assert said.rows["pocket_outlines", "bar"][-3:] == ["400", "12,800", "?"]
    assert "7 done, 1 in progress, 1 failed, 1 new" in said.out
    assert files_in(tmp_path / "store") == before


def test_measured_towers_price_what_never_ran(spec: Path, tmp_path: Path) -> None:
    fill(tmp_path / "store", spec)
    images = {"": ImageCosts(decode=0.001, augment=0.002, square=0.003, cached=0.0005)}
    measured(spec, tmp_path / "store", images)
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    text = " ".join(said.out.split())
    assert "measured on this machine (a slow CPU): 100.00 ms per image" in text
    assert "20.00 ms per class and candidate" in text
    assert "1.00 ms to decode, 2.00 ms to crop for training, 3.00 ms to make square, " in text
    assert "?" not in said.out
    assert said.rows["pocket_outlines", "bar"][-1] in ("min", "h")
    assert "not here, so that a made-up photograph of 500 x 375 pixels was timed" in text


@pytest.mark.parametrize("machine", ["CPU with 1 thread", "some GPU"])
def test_time_is_told_by_what_it_goes_to(tmp_path: Path, machine: str) -> None:
    spec = write_spec(
        tmp_path, seeds=[1], methods=["bar"], evaluation={"points": 3}, augmentation="crop_flip"
    )
    images = dict.fromkeys(SPEC["datasets"], ImageCosts(60.0, 120.0, 180.0, 6.0))
    costs = measured(spec, tmp_path / "store", images, machine)
    cell = plan_of(spec, tmp_path / "store").cells[0]
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    lines = [line.split() for line in said.out.split("time of one actor")[1].splitlines()]
    row = next(line[2:] for line in lines if line[:2] == ["pocket_dots", "bar"])
    seen = 4 * sum(split.images for split in cell.measured)
    asking, cropping = 200 * 32 * costs.per_image, 200 * 32 // cell.demand.candidates * 120
    observing = 4 * cell.classes * costs.per_sequence + seen * costs.per_image
    training = asking + cropping if machine.startswith("CPU") else max(asking, cropping)
    told = (asking, observing, cropping + seen * 6, training + observing + seen * 6)
    assert " ".join(row) == " ".join(map(duration, told))
    assert "not here" not in said.out
    text = " ".join(said.out.split())
    assert re.search(r"about [\d.]+ h of one actor: [\d.]+ min querying, .* reading images", text)


def test_what_an_older_release_has_measured_still_counts(spec: Path, tmp_path: Path) -> None:
    measured(spec, tmp_path / "store", None)
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    text = " ".join(said.out.split())
    assert "20.00 ms per class and candidate" in text
    assert "reading images isn't among it" in text
    assert "reading images unknown" in text
    assert said.rows["pocket_outlines", "bar"][-1] in ("min", "h")


def measured(
    spec: Path, store: Path, images: dict[str, ImageCosts] | None, machine: str = "a slow CPU"
) -> TowerCosts:
    """Keeps costs of the model in a store; as an older release does, if there are no images."""
    name = calibration_name(plan_of(spec, store).backbone, "fp32", 1)
    costs = TowerCosts(machine, 0.1, 0.02, images or {})
    values = {key: value for key, value in asdict(costs).items() if value or key != "images"}
    Store(LocalStorage(store)).save_calibration(name, values)
    return costs


def test_every_cell_is_listed_with_its_key_on_demand(spec: Path, tmp_path: Path) -> None:
    fill(tmp_path / "store", spec)
    lines = querycurve("plan", spec, "--cells", "--store", tmp_path / "store").out.splitlines()
    for cell in plan_of(spec, tmp_path / "store").cells:
        assert f"{cell.status:11}  {cell.key}  {cell.title}" in lines


def test_a_change_on_the_command_line_is_planned(spec: Path, tmp_path: Path) -> None:
    said = querycurve(
        "plan", spec, "--set", "budget=50", "--set", "seeds=[7]", "--store", tmp_path / "store"
    )
    assert said.rows["pocket_dots", "zip"] == ["1", "new", "50", "1,600", "?"]


def test_datasets_that_are_not_there_are_skipped_with_what_to_do(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, datasets=["pocket_dots", "dtd"])
    said = querycurve("plan", spec, "--store", tmp_path / "store", "--data", tmp_path / "none")
    assert said.code == 0
    assert "skipped dtd: " in said.out
    assert said.rows["dtd", "zip"][:2] == ["2", "skipped"]


def test_a_search_and_what_follows_it_are_priced(tmp_path: Path) -> None:
    space = {"clip": {"choice": [1, 10, 100]}}
    search = {"method": "zip", "space": space, "trials": 3, "sampler": "grid"}
    spec = write_spec(tmp_path, search=search)
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    assert said.code == 0
    text = " ".join(said.out.split())
    assert "search: 3 trials of zip over clip (grid); 3 left, at most 1,200 queries" in text
    assert "then: zip-searched with the settings that were found" in text
    assert "then: zip-longer, zip with as many queries as both together: at most 800" in text


def test_arms_of_an_ablation_are_not_listed_among_the_methods(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, ablation={"base": "zip", "vary": {"clip": [1, "sqrt_dim"]}})
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    assert "zip[clip=1]" in said.out
    assert said.rows["soft", "context"] == ["zip"]


def test_arms_of_an_ablation_are_listed_where_they_need_what_their_base_does_not(
    tmp_path: Path,
) -> None:
    ablation = {"base": "logit_newton", "vary": {"readout": [False, True], "radius": [0.3, 0.5]}}
    spec = write_spec(tmp_path, methods=["zero_shot"], ablation=ablation)
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    listed = said.out.split("access to the black box")[1].split("money in EUR")[0]
    assert "soft context with readout   logit_newton[readout=true]" in listed
    assert "radius" not in listed
