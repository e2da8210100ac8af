"""Plans of ablations: equal cells once, whatever they are called, each at all of its points."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.spec.ready import ready_specs
from orchestrator.spec.spec import Spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.conformance.tiny_clip import write_tiny_clip

READY = [name for name in ready_specs() if name.startswith("ablation_")]
NOWHERE = Path("/nonexistent")
VALUES: dict[str, list[Any]] = {
    "clip": ["none", 1, 20, "sqrt_dim"],
    "rank": [1, 3, 5],
    "shared": [True, False],
    "budget": [100, 2000],
    "shots": [4, 16],
}


def plan_of(**changes: Any) -> Plan:
    fields = {
        "name": "mine",
        "datasets": ["pocket_dots"],
        "seeds": [1],
        "backbone": "pocket",
        "budget": 2000,
        **changes,
    }
    return make_plan(Spec.model_validate(fields), Store(LocalStorage(NOWHERE)), NOWHERE)


@st.composite
def ablations(draw: st.DrawFn) -> dict[str, Any]:
    fields = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3, unique=True))
    vary = {
        field: draw(st.lists(st.sampled_from(VALUES[field]), min_size=1, unique=True))
        for field in fields
    }
    return {"base": "zip", "vary": vary, "product": draw(st.booleans())}


@settings(max_examples=12, deadline=None)
@given(ablation=ablations())
def test_every_value_has_a_cell_and_no_key_is_run_twice(ablation: dict[str, Any]) -> None:
    plan = plan_of(ablation=ablation)
    assert all(count == 1 for count in Counter(cell.key for cell in plan.cells).values())
    wanted = Counter(point.label for arm in plan.spec.arms for point in arm.ablation_points)
    found = {point.label for cell in plan.cells for point in cell.ablation_points}
    assert found == set(wanted)
    base = next(cell for cell in plan.cells if cell.label == "zip")
    for cell in plan.cells:
        for point in cell.ablation_points:
            equal = {s.title for s in point.values} <= {
                s.title for p in base.ablation_points for s in p.values
            }
            assert (cell.key == base.key) == equal, point.label


def test_a_cell_that_equals_a_method_is_that_methods(tmp_path: Path) -> None:
    methods = ["zip", {"name": "zip", "label": "loose", "clip": "none"}]
    plan = plan_of(methods=methods, ablation={"base": "zip", "vary": {"clip": ["none", 1]}})
    points = {cell.label: [point.label for point in cell.ablation_points] for cell in plan.cells}
    assert points == {
        "zip": ["zip[clip=sqrt_dim]"],
        "loose": ["zip[clip=none]"],
        "zip[clip=1]": ["zip[clip=1]"],
    }


def test_conditions_are_the_cells_own() -> None:
    vary = {"budget": [100], "shots": [4], "batch_size": [8]}
    plan = plan_of(ablation={"base": "zip", "vary": vary})
    found = {c.label: (c.cell.budget, c.cell.shots, c.cell.batch_size) for c in plan.cells}
    assert found == {
        "zip": (2000, 16, 128),
        "zip[budget=100]": (100, 16, 128),
        "zip[shots=4]": (2000, 4, 128),
        "zip[batch_size=8]": (2000, 16, 8),
    }


def test_each_cell_runs_on_its_backbone(tmp_path: Path) -> None:
    tiny = write_tiny_clip(tmp_path / "tiny")
    vary = {"backbone": ["pocket", tiny.model]}
    base = {"name": "zip", "intrinsic_dimension": 200}
    plan = plan_of(ablation={"base": base, "vary": vary})
    pocket, other = plan.cells
    assert (pocket.label, pocket.backbone) == ("zip", plan.backbone)
    assert other.backbone.digest == tiny.digest == other.cell.backbone
    assert other.features != pocket.features
    assert plan.backbones() == (plan.backbone, other.backbone)


@pytest.mark.parametrize("name", READY)
def test_ready_ablations_plan(name: str, tmp_path: Path) -> None:
    spec = load_spec(name)
    plan = make_plan(spec, Store(LocalStorage(tmp_path)), tmp_path)
    values = {point.label for cell in plan.cells for point in cell.ablation_points}
    assert spec.ablation is not None
    for field, given_values in spec.ablation.vary.items():
        assert len([label for label in values if f"[{field}=" in label]) >= len(given_values)
    trained = [cell for cell in plan.cells if cell.cell.shots]
    per_arm = len(spec.datasets) * len(spec.seeds)
    assert len(trained) == per_arm * len({cell.label for cell in trained})


def test_what_the_paper_varies_comes_ready() -> None:
    varied = {
        field: values
        for name in READY
        if (ablation := load_spec(name).ablation) is not None
        for field, values in ablation.vary.items()
    }
    assert set(varied["clip"]) == {"none", 0.1, 0.3, 1, 3, 10, "sqrt_dim", 30, 100, 300}
    assert set(varied["shots"]) == {1, 2, 4, 8, 16}
    assert set(varied["backbone"]) == {"ViT-B/16", "ViT-B/32", "RN50", "RN101"}
    assert set(varied["optimiser"]) == {"spsa", "spsa-gc", "spsa-clip"}
    assert {"matrix", "diagonal", "shared", "projection", "perturbation"} < set(varied)
    assert {"rank", "intrinsic_dimension", "context_tokens", "pairs", "budget"} < set(varied)
    assert {"step_schedule", "step_size", "smoothing_schedule", "smoothing"} < set(varied)
