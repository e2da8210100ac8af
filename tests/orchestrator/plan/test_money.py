"""What a plan costs in money, by hand and by the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.money import Prices
from orchestrator.oracle.backbone import Backbone, RemoteModel
from orchestrator.oracle.remote.description import Capabilities, ImageForm, Limits
from orchestrator.oracle.text.lengths import TextLengths
from orchestrator.plan.measured import STAND_IN
from orchestrator.plan.money import Costing, Estimate
from orchestrator.plan.plan import Plan, PlannedCell
from tests.orchestrator.plan.test_planner import plan_of

COMMON = ("datasets=[pocket_dots]", "seeds=[1]", "budget=1000", "evaluation.points=4")
CALLS, IMAGES, TOKENS = (
    Costing(Prices(per_call=1)),
    Costing(Prices(per_image=1)),
    Costing(Prices(per_1000_tokens=1000)),
)


def cells(folder: Path, *overrides: str) -> dict[str, PlannedCell]:
    plan, _ = plan_of(folder, *COMMON, *overrides)
    return {cell.label: cell for cell in plan.cells}


def behind(cell: PlannedCell, **changes: Any) -> PlannedCell:
    """The same cell, had it a service of other limits or another interface."""
    form = ImageForm(size=32, mean=(0, 0, 0), std=(1, 1, 1))
    able = Capabilities(model="m", fingerprint="f", images=form, **changes)
    remote = RemoteModel(Backbone(model="m", service="http://localhost:1"), able)
    return replace(cell, backbone=replace(cell.backbone, remote=remote))


@pytest.fixture(scope="module")
def zips(tmp_path_factory: pytest.TempPathFactory) -> PlannedCell:
    more = ("price.per_1000_tokens=1", "batch_size=128")
    return cells(tmp_path_factory.mktemp("zip"), *more)["zip"]


def test_queries_and_images_of_training_and_measuring_are_counted(zips: PlannedCell) -> None:
    images = [split.images for split in zips.measured]
    assert CALLS.whole([zips]) == Estimate(1000, 5 * 2)
    assert IMAGES.whole([zips]) == Estimate(128_000, 5 * sum(images))
    assert IMAGES.deployment(zips) == 1000


def test_every_query_reads_the_texts_of_all_classes(zips: PlannedCell) -> None:
    names = 8  # classes, each with a name of one token and eight tokens before it
    assert zips.tokens is not None
    assert zips.tokens >= names * (8 + 1)
    found = TOKENS.whole([zips])
    assert found.training == pytest.approx(1000 * zips.tokens)
    assert found.measuring == pytest.approx(5 * 2 * zips.tokens)
    assert not found.about
    assert TOKENS.deployment(zips) == pytest.approx(1000 * zips.tokens)


def test_tokens_are_counted_only_where_they_have_a_price(tmp_path: Path) -> None:
    assert cells(tmp_path, "price.per_call=1")["zip"].tokens is None
    assert cells(tmp_path)["zip"].tokens is None


def test_templates_are_read_with_each_class_name(tmp_path: Path) -> None:
    found = cells(
        tmp_path,
        "price.per_1000_tokens=1",
        "methods=[zero_shot, zero_shot@ensemble, bar, template_search]",
    )
    own = found["zero_shot"].tokens
    assert found["bar"].tokens == own
    ensemble = found["zero_shot@ensemble"]
    assert ensemble.demand.deployed > 1
    # a query reads one template, on average over those that are asked one by one
    assert CALLS.deployment(ensemble) == 1000 * ensemble.demand.deployed
    assert CALLS.whole([ensemble]).measuring == ensemble.demand.deployed
    # which texts a search among strings reads is known when it has run
    assert found["template_search"].tokens == own
    assert TOKENS.whole([found["template_search"]]).about
    assert not CALLS.whole([found["template_search"]]).about
    assert not TOKENS.whole([found["zero_shot"], found["bar"]]).about


def test_methods_that_stop_by_themselves_cost_what_they_spend(tmp_path: Path) -> None:
    found = cells(tmp_path, "methods=[score_probe]", "batch_size=64")["score_probe"]
    assert CALLS.whole([found]).training == 2


def test_images_that_prompts_change_are_measured_in_smaller_batches(tmp_path: Path) -> None:
    found = cells(tmp_path, "methods=[zip, bar]")
    large = [replace(split, images=5000) for split in found["zip"].measured[:1]]
    plain, changed = (replace(found[name], measured=tuple(large)) for name in ("zip", "bar"))
    assert CALLS.whole([plain]).measuring == 5 * 2  # 4,096 and the rest
    assert CALLS.whole([changed]).measuring == 5 * 20  # 256 at a time
    assert IMAGES.whole([plain]).measuring == IMAGES.whole([changed]).measuring == 5 * 5000


def test_a_call_holds_what_an_interface_takes(zips: PlannedCell) -> None:
    one, some = behind(zips, images_per_call=1), behind(zips, images_per_call=50)
    assert CALLS.whole([one]).training == 128_000
    assert CALLS.whole([some]).training == 3000
    assert IMAGES.whole([one]) == IMAGES.whole([zips])
    # each call reads all texts
    assert TOKENS.whole([some]).training == pytest.approx(3 * TOKENS.whole([zips]).training)
    assert CALLS.deployment(some) == 1000


def test_a_service_of_our_own_takes_as_much_as_its_limits_allow(zips: PlannedCell) -> None:
    assert CALLS.whole([behind(zips, stores_images=True)]) == CALLS.whole([zips])
    few = behind(zips, limits=Limits(images=100))
    assert CALLS.whole([few]).training == 2000
    # 128 images of 3,072 bytes are too much for this one, so they are halved
    small = behind(zips, limits=Limits(request_bytes=64 * 3072))
    assert CALLS.whole([small]).training == 2000


def test_done_cells_and_others_that_will_not_run_cost_nothing_more(zips: PlannedCell) -> None:
    done, same = replace(zips, status="done"), replace(zips, same_as="other")
    assert CALLS.left([done, same, replace(zips, fits=False)]) == Estimate()
    assert CALLS.left([done, zips]) == CALLS.whole([zips])


def test_a_transferred_prompt_is_measured_and_not_trained(tmp_path: Path) -> None:
    plan, _ = plan_of(
        tmp_path, *COMMON[1:], "protocol=cross_dataset", "source=pocket_dots",
        "datasets=[pocket_outlines]", "methods=[zip]",
    )  # fmt: skip
    trained, tested = plan.cells
    assert CALLS.whole([trained]).training == 1000
    assert CALLS.whole([tested]) == Estimate(0, 1)


def test_new_classes_are_measured_too_and_read_their_own_names(tmp_path: Path) -> None:
    found = cells(tmp_path, "protocol=base_to_new", "methods=[zip]", "price.per_1000_tokens=1")
    base, new, val = found["zip"].measured
    assert base.images + new.images == found["zip"].test_images
    assert found["zip"].tokens == base.tokens == val.tokens
    assert CALLS.whole([found["zip"]]).measuring == 5 * 3


def test_a_dataset_that_is_not_here_costs_about_as_much_as_a_full_copy(tmp_path: Path) -> None:
    plan, _ = plan_of(
        tmp_path, *COMMON[1:], "datasets=[dtd]", "methods=[zip]", "price.per_1000_tokens=1"
    )
    (cell,) = plan.cells
    assert CALLS.left([cell]).about
    assert CALLS.left([cell]).training == 1000
    each = 8 + TextLengths(cell.backbone).count(STAND_IN)
    assert TOKENS.left([cell]).training == pytest.approx(1000 * 47 * each)


def test_a_price_is_no_part_of_a_key(tmp_path: Path) -> None:
    def keys(*more: str) -> list[str]:
        plan: Plan = plan_of(tmp_path, *COMMON, *more)[0]
        return [cell.key for cell in plan.cells]

    assert keys("price.per_1000_tokens=1", "price.currency=EUR") == keys()


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6), st.booleans())))
def test_estimates_add_up_and_one_that_is_about_makes_the_sum_so(
    parts: list[tuple[float, float, bool]],
) -> None:
    whole = sum((Estimate(*part) for part in parts), Estimate())
    assert whole.total == pytest.approx(sum(one + other for one, other, _ in parts))
    assert whole.about == any(about for *_, about in parts)
    assert whole.times(0) == Estimate()
    assert whole.times(3).total == pytest.approx(3 * whole.total)
