"""The `search` section: impossible searches are refused, with what is allowed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import UserError
from orchestrator.spec.dimension import Dimension
from orchestrator.spec.load import load_spec, spec_as_yaml
from orchestrator.spec.spec import Spec

CLIP = {"clip": {"log_uniform": [0.1, 300]}}


def load(**search: Any) -> Spec:
    section = yaml.safe_dump(
        {"method": "zip", "space": CLIP, **search}, default_flow_style=True, sort_keys=False
    )
    return load_spec("demo", ("methods=[zero_shot, zip]", f"search={section}"))


def test_a_search_survives_a_round_trip() -> None:
    spec = load(pruner="asha", sampler="random", trials=7)
    assert Spec.model_validate(yaml.safe_load(spec_as_yaml(spec))) == spec


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"method": "zap"}, "method 'zap' is no method's label. Did you mean: zip"),
        ({"method": "zero_shot"}, "zero_shot' doesn't train"),
        ({"space": {"clp": {"uniform": [1, 2]}}}, "zip has no such setting. Did you mean: clip"),
        ({"space": {"clip": {"uniform": [-1, 2]}}}, "can't reach -1.0.*above 0"),
        ({"space": {"clip": {"log_uniform": [0, 2]}}}, "needs low above 0, got 0"),
        ({"space": {"clip": {"uniform": [2, 1]}}}, "low must be below high"),
        ({"space": {"clip": {"unifrom": [1, 2]}}}, "expected one of log_uniform, uniform, int"),
        ({"space": {"clip": [1, 2]}}, "expected such as"),
        ({"space": {"clip": {"choice": ["none"]}}}, "at least two different values"),
        ({"space": {"rank": {"int": [1, 20]}}}, "can't reach 20: rank must be between 1 and 8"),
        ({"space": {"rank": {"uniform": [1, 8]}}}, "can't reach 3.66.*a whole number"),
        ({"space": {"rank": {"int": [1.5, 3]}}}, "int takes whole numbers"),
        ({"space": {"momentum": {"uniform": [0, 1]}}}, "can't reach 1.0.*below 1"),
        ({"space": {"optimiser": {"choice": ["spsa", "adam"]}}}, "can't reach 'adam'"),
        (
            {"space": {"rank": {"int": [1, 5]}, "context_tokens": {"int": [3, 8]}}},
            "rank=5, context_tokens=3 are impossible together.*between 1 and 3",
        ),
        ({"seeds": [3, 4]}, r"seeds \[3\] are the comparison's own"),
        ({"sampler": "tpee"}, "'tpe', 'cma-es', 'random' or 'grid'"),
        ({"smapler": "tpe"}, "unknown field 'smapler'. Did you mean: sampler"),
        ({"sampler": "grid"}, "a grid needs `points`"),
        ({"sampler": "cma-es"}, "needs two dimensions or more"),
        ({"sampler": "grid", "space": {"rank": {"int": [1, 10**9]}}}, "give `points`"),
        ({"trials": 0}, "a number of 1 or more, got 0"),
        ({"objectives": ["queries_to_target"]}, "target_accuracy belong together"),
        ({"pruner": "asha", "objectives": ["area", "accuracy"]}, "a pruner needs a single"),
        ({"pruner": "hyperband"}, "'asha' or 'median'"),
    ],
)
def test_an_impossible_search_is_refused(section: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        load(**section)


@pytest.mark.parametrize("label", ["zip-searched", "zip-longer"])
def test_the_labels_of_what_a_search_finds_are_kept_for_it(label: str) -> None:
    method = f"{{name: bar, label: {label}}}"
    with pytest.raises(UserError, match=f"the label '{label}' is kept"):
        load_spec("search_clipping_pocket", (f"methods=[zip, {method}]",))


def test_a_setting_without_effect_is_refused() -> None:
    search = "{method: zip, space: {clip: {log_uniform: [0.1, 300]}}}"
    with pytest.raises(UserError, match=r"clip has no effect.*stands for 'none'"):
        load_spec("demo", ("methods=[{name: zip, optimiser: spsa}]", f"search={search}"))


def test_settings_that_depend_on_each_other_are_fine_where_every_corner_is() -> None:
    space = {"rank": {"int": [1, 2]}, "context_tokens": {"int": [2, 8]}}
    assert load(space=space).search is not None


@given(low=st.integers(-50, 50), width=st.integers(1, 60), points=st.none() | st.integers(2, 9))
def test_a_grid_keeps_to_its_ends(low: int, width: int, points: int | None) -> None:
    given_points = {} if points is None else {"points": points}
    grid = Dimension.model_validate({"int": [low, low + width], **given_points}).grid
    assert (grid[0], grid[-1]) == (low, low + width)
    assert len(grid) == min(width + 1, points or width + 1)
    assert list(grid) == sorted(set(grid))  # type: ignore[type-var]


def test_a_grid_is_as_long_as_its_points_unless_told_otherwise() -> None:
    space = {"clip": {"log_uniform": [1, 100], "points": 3}, "rank": {"int": [1, 4]}}
    section = load(sampler="grid", space=space).search
    assert section is not None
    assert section.count == 12
    assert section.space["clip"].grid == pytest.approx((1, 10, 100))
