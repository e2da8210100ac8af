"""Equal key means the same experiment."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.zip import ZipSettings
from orchestrator.cell import Cell, Evaluation, Fingerprints, canonical_json, cell_key

CELL: dict[str, Any] = {
    "protocol": "few_shot",
    "dataset": "pocket_dots",
    "shots": 16,
    "seed": 1,
    "method": {"name": "zip", "settings": ZipSettings().model_dump(mode="json")},
    "backbone": "sha256:00",
    "budget": 500,
    "batch_size": 128,
    "precision": "fp32",
    "augmentation": "none",
    "evaluation": {"points": 20},
}
PRINTS: dict[str, Any] = {"method_version": 1, "split": "aa", "preprocessing": "bb"}

CHANGES: dict[str, Any] = {
    "protocol": "base_to_new",
    "dataset": "pocket_signs",
    "shots": 8,
    "seed": 2,
    "method": {"name": "zero_shot", "settings": {}},
    "backbone": "sha256:01",
    "budget": 501,
    "batch_size": 64,
    "precision": "bf16",
    "augmentation": "crop_flip",
    "evaluation": {"points": 10},
    "source": {"dataset": "pocket_letters", "key": "cc"},
    "views": 4,
    "blind": True,
    "answers": {"top": 5},
}

SOURCE = CHANGES["source"]


def key(cell: dict[str, Any] = CELL, prints: dict[str, Any] = PRINTS) -> str:
    return cell_key(Cell.model_validate(cell), Fingerprints.model_validate(prints))


def test_measuring_at_given_numbers_is_another_experiment_and_at_none_is_not() -> None:
    at = {"points": 20, "at": [100, 500]}
    assert key({**CELL, "evaluation": at}) != key()
    assert key({**CELL, "evaluation": {"points": 20, "at": []}}) == key()


def test_a_part_on_the_way_is_another_experiment_and_none_is_not() -> None:
    part = {"points": 20, "images": 2000}
    assert key({**CELL, "evaluation": part}) != key()
    assert key({**CELL, "evaluation": {"points": 20, "images": None}}) == key()
    assert Evaluation.model_validate(part).whole == Evaluation(points=20)


def test_measurements_of_a_budget_are_counted_with_its_end() -> None:
    assert Evaluation(points=7).count(500) == 7
    assert Evaluation(at=(100, 250)).count(500) == 3
    assert Evaluation(at=(100, 250, 500)).count(500) == 3
    assert Evaluation(at=(100, 250, 500)).count(200) == 2


@given(order=st.permutations(list(CELL)))
def test_the_order_of_fields_does_not_matter(order: list[str]) -> None:
    assert key({name: CELL[name] for name in order}) == key()


@given(order=st.permutations(list(CELL["method"]["settings"])))
def test_the_order_of_settings_does_not_matter(order: list[str]) -> None:
    settings = {name: CELL["method"]["settings"][name] for name in order}
    assert key({**CELL, "method": {"name": "zip", "settings": settings}}) == key()


@given(given=st.sets(st.sampled_from(list(ZipSettings.model_fields))))
def test_explicit_defaults_do_not_matter(given: set[str]) -> None:
    defaults = ZipSettings().model_dump(mode="json")
    settings = ZipSettings.model_validate({name: defaults[name] for name in given})
    method = {"name": "zip", "settings": settings.model_dump(mode="json")}
    assert key({**CELL, "method": method}) == key()


@pytest.mark.parametrize("field", list(Cell.model_fields))
def test_every_field_matters(field: str) -> None:
    assert key({**CELL, field: CHANGES[field]}) != key()


@pytest.mark.parametrize("field", list(Fingerprints.model_fields))
def test_every_fingerprint_matters(field: str) -> None:
    others = {"method_version": 2, "rounding": 2, "templates": ("other",)}
    changed = {**PRINTS, field: others.get(field, "other")}
    assert key(prints=changed) != key()


@pytest.mark.parametrize("field", list(ZipSettings.model_fields))
def test_every_setting_of_zip_matters(field: str) -> None:
    settings = dict(CELL["method"]["settings"])
    value = settings[field]
    settings[field] = 3.5 if isinstance(value, str) else value * 2
    assert key({**CELL, "method": {"name": "zip", "settings": settings}}) != key()


def test_whole_floats_and_integers_are_the_same_number() -> None:
    assert canonical_json({"a": 1.0, "b": [2.0, 0.5]}) == '{"a":1,"b":[2,0.5]}'


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)  # fmt: skip
def test_canonical_json_is_stable(value: Any) -> None:
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)


def test_a_prompt_from_elsewhere_costs_no_queries() -> None:
    own, moved = (Cell.model_validate({**CELL, **more}) for more in ({}, {"source": SOURCE}))
    assert (own.queries, moved.queries) == (500, 0)
    assert moved.budget == 500, "which is what it was trained with"


def test_another_source_is_another_cell() -> None:
    keys = {
        key({**CELL, "source": {**SOURCE, **change}})
        for change in ({}, {"key": "dd"}, {"dataset": "pocket_dots"})
    }
    assert len(keys | {key()}) == 4


def test_cells_of_their_own_are_written_without_a_source() -> None:
    assert "source" not in Cell.model_validate(CELL).model_dump(mode="json")
