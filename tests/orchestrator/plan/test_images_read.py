"""How many images cells read, and how a plan's parts of time add up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.plan.actor_time import ActorTime, mean_time
from orchestrator.plan.calibration import TowerCosts
from orchestrator.plan.image_costs import ImageCosts
from orchestrator.plan.images_read import ImagesRead, read_once, read_to_train
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.plan.pricing import Pricing
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store

COSTS = ImageCosts(decode=1.0, augment=10.0, square=100.0, cached=1000.0)
SECONDS = st.floats(0, 1e6) | st.none()
TIMES = st.builds(ActorTime, st.floats(0, 1e6), st.floats(0, 1e6), SECONDS, st.floats(0, 1e6))


def planned(folder: Path, *overrides: str) -> Plan:
    """A plan of two datasets and two seeds."""
    given = (
        "datasets=[pocket_dots, pocket_outlines]",
        "seeds=[1, 2]",
        "budget=200",
        "batch_size=32",
        "evaluation.points=4",
        *overrides,
    )
    return make_plan(load_spec("demo", given), Store(LocalStorage(folder / "store")), "data")


def cell_of(plan: Plan, label: str) -> PlannedCell:
    return next(cell for cell in plan.cells if cell.label == label)


@pytest.mark.parametrize(
    ("method", "how", "kind"),
    [
        ("zero_shot", "crop_flip", ""),
        ("zip", "none", ""),
        ("bar", "none", "kept each step"),
        ("zip", "crop_flip", "new each step"),
        ("bar", "crop_flip", "new each step"),
        ("zip", "crop_flip views=3", "new each view"),
        ("bar", "crop_flip views=3", "new each step"),
    ],
)
def test_training_reads_an_image_as_often_as_it_looks_different(
    tmp_path: Path, method: str, how: str, kind: str
) -> None:
    given = f"augmentation={how}".split()
    cell = cell_of(planned(tmp_path, f"methods=[{method}]", *given), method)
    steps = 200 * 32 // max(1, cell.demand.candidates)  # candidates of a step see the same images
    assert (
        read_to_train(cell)
        == {
            "": ImagesRead(),
            "kept each step": ImagesRead(cached=steps),
            "new each step": ImagesRead(augmented=steps),
            "new each view": ImagesRead(augmented=3 * cell.train_images),
        }[kind]
    )


@pytest.mark.parametrize(
    ("methods", "augmentation", "decoded", "squared"),
    [  # how often each training image, and each test image
        ("[zero_shot]", "crop_flip", (0, 1), (0, 1)),
        ("[zero_shot, zip]", "crop_flip", (1, 1), (0, 1)),
        ("[zip, one_plus_one_es]", "none", (1, 1), (1, 1)),
        ("[zip, bptvlm, {name: bptvlm, label: again}]", "none", (2, 2), (2, 2)),
        ("[zip, bptvlm]", "crop_flip", (1, 2), (0, 2)),
        ("[bptvlm, {name: bar, image_size: 16}]", "crop_flip", (1, 3), (0, 3)),
        ("[bptvlm, {name: bar, image_size: 16}]", "none", (2, 3), (2, 3)),
    ],
)
def test_what_cells_share_is_read_once_for_each_use(
    tmp_path: Path,
    methods: str,
    augmentation: str,
    decoded: tuple[int, int],
    squared: tuple[int, int],
) -> None:
    plan = planned(tmp_path, f"methods={methods}", f"augmentation={augmentation}")
    splits = {(c.cell.dataset, c.cell.seed): c.train_images for c in plan.cells if c.cell.seed}
    tests = {c.cell.dataset: c.test_images for c in plan.cells}
    images = sum(splits.values()), sum(tests.values())
    found = read_once(plan.cells)
    total = sum(found.values(), ImagesRead())
    assert total.decoded == decoded[0] * images[0] + decoded[1] * images[1]
    assert total.squared == squared[0] * images[0] + squared[1] * images[1]
    assert {dataset for dataset, _ in found} == {"pocket_dots", "pocket_outlines"}
    assert read_once([*plan.cells, *plan.cells]) == found


def test_images_that_prompts_change_are_read_at_every_measurement(tmp_path: Path) -> None:
    plan = planned(tmp_path, "methods=[zero_shot, zip, bar]", "augmentation=none")
    towers = TowerCosts("a GPU", 0.0, 0.0, {"": COSTS})
    costs = {plan.backbone.digest: towers}
    read = {}
    for cores in (1, 4):
        pricing = Pricing(costs, {}, cores)
        for label in ("zip", "bar"):
            cell = cell_of(plan, label)
            time = pricing.price(cell).time
            assert time is not None
            read[label, cores] = time.reading
    cell = cell_of(plan, "bar")
    seen = 5 * sum(split.images for split in cell.measured)
    assert read["bar", 1] == (200 * 32 // cell.demand.candidates + seen) * COSTS.cached
    assert read["zip", 1] == 0
    assert read["bar", 4] == pytest.approx((read["bar", 1] or 0) / 4)


def test_images_are_read_by_the_cores_that_an_actor_gets_unless_it_is_told(tmp_path: Path) -> None:
    plan = planned(tmp_path, "methods=[bar]", "augmentation=none")
    costs = {plan.backbone.digest: TowerCosts("a GPU", 0.0, 0.0, {"": COSTS}, cores=8)}
    alone, unasked, told = (
        Pricing(costs, {}, cores).price(plan.cells[0]).time for cores in (1, None, 2)
    )
    assert alone is not None
    assert unasked is not None
    assert told is not None
    assert unasked.reading == pytest.approx((alone.reading or 0) / 8)
    assert told.reading == pytest.approx((alone.reading or 0) / 2)


def test_points_on_the_way_read_a_part_of_the_test_images(tmp_path: Path) -> None:
    reading = {}
    for how in ("evaluation.points=4", "evaluation.images=50"):
        plan = planned(tmp_path, "methods=[bar]", "augmentation=none", how)
        costs = {plan.backbone.digest: TowerCosts("a GPU", 0.0, 0.0, {"": COSTS})}
        time = Pricing(costs, {}).price(plan.cells[0]).time
        assert time is not None
        reading[how] = time.reading or 0.0
    saved = 4 * (plan.cells[0].test_images - 50) * COSTS.cached
    assert reading["evaluation.points=4"] - reading["evaluation.images=50"] == saved


def test_nothing_is_shared_by_cells_that_are_done(tmp_path: Path) -> None:
    plan = planned(tmp_path, "methods=[zip]")
    costs = {plan.backbone.digest: TowerCosts("a GPU", 1.0, 1.0, {"": COSTS})}
    done = replace(plan, cells=tuple(replace(cell, status="done") for cell in plan.cells))
    assert Pricing(costs, {}).shared(done).time == ActorTime()
    assert Pricing(costs, {}).shared(plan).time != ActorTime()


@given(st.builds(ImagesRead, *[st.integers(0, 10**9)] * 4))
def test_each_way_of_reading_has_its_price(read: ImagesRead) -> None:
    expected = read.decoded + 10 * read.augmented + 100 * read.squared + 1000 * read.cached
    assert read.seconds(COSTS) == expected


@given(st.lists(TIMES, min_size=1, max_size=5))
def test_what_is_unknown_of_one_is_unknown_of_all_and_left_out_of_the_total(
    times: list[ActorTime],
) -> None:
    total = sum(times, ActorTime())
    assert (total.reading is None) == any(one.reading is None for one in times)
    assert total.total == pytest.approx(sum(one.total for one in times))
    assert mean_time(times).total == pytest.approx(total.total / len(times))


@given(st.floats(0, 1e6), SECONDS)
def test_reading_beside_the_model_counts_where_it_takes_longer(
    querying: float, reading: float | None
) -> None:
    together = ActorTime.of_training(querying, reading, together=True)
    in_turns = ActorTime.of_training(querying, reading, together=False)
    assert (together.querying, together.reading) == (querying, reading)
    assert together.total == max(querying, reading or 0.0)
    assert in_turns.total == querying + (reading or 0.0)
    assert ActorTime.of_measuring(querying, reading).total == in_turns.total


@given(st.dictionaries(st.sampled_from(["total", "evaluation", "data"]), st.floats(0, 1e6)))
def test_what_a_trace_leaves_unsaid_counts_as_querying(timing: dict[str, float]) -> None:
    found = ActorTime.of_trace(timing)
    assert (found is None) == ("total" not in timing)
    if found is not None:
        assert found.total == timing["total"]
        assert found.querying + found.measuring + (found.reading or 0) >= found.total * (1 - 1e-9)
