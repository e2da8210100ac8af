"""The price of a black box in a spec."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.errors import UserError
from orchestrator.money import Prices
from orchestrator.spec.load import load_spec, spec_as_yaml
from orchestrator.spec.spec import Spec

FIELDS: dict[str, Any] = {
    "name": "priced",
    "datasets": ["pocket_dots"],
    "methods": ["zip"],
    "backbone": "pocket",
}


def loaded(folder: Path, *overrides: str, **changes: Any) -> Spec:
    path = folder / "priced.yaml"
    path.write_text(yaml.safe_dump({**FIELDS, **changes}))
    return load_spec(str(path), overrides)


def test_a_price_is_of_calls_images_and_tokens(tmp_path: Path) -> None:
    price = {"per_call": 0.002, "per_image": 0.0001, "per_1000_tokens": 0.03, "currency": "EUR"}
    assert loaded(tmp_path, price=price).prices == Prices(0.002, 0.0001, 0.03, "EUR")
    assert loaded(tmp_path, "price.per_call=1").prices == Prices(per_call=1)


def test_without_a_price_there_is_none(tmp_path: Path) -> None:
    assert loaded(tmp_path).prices is None
    assert loaded(tmp_path, price={"per_call": 0}).prices is None


def test_the_older_form_means_what_it_meant(tmp_path: Path) -> None:
    older = {"price": {"per_1000_queries": 2.5, "per_1000_images": 0.1, "currency": "EUR"}}
    prices = loaded(tmp_path, report=older).prices
    assert prices == Prices(0.0025, 0.0001, currency="EUR")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price": {"per_call": -1}}, "price.per_call: expected a number of 0.0 or more, got -1"),
        ({"price": {"per_image": math.inf}}, "price.per_image: expected a finite number"),
        ({"price": {"per_1000_tokens": math.nan}}, "price.per_1000_tokens"),
        ({"price": {"per_query": 1}}, "unknown field 'per_query'"),
        (
            {"price": {"per_1000_queries": 2}},
            "a field of report.price; here, write per_call, which",
        ),
        (
            {"price": {"per_1000_images": 2, "per_call": 1}},
            "here, write per_image, which is a thou",
        ),
        ({"price": {"per_cal": 1}}, "Did you mean: per_call"),
        ({"price": {"currency": "EUR"}}, "say what is paid for: one of per_call, per_image"),
        ({"price": {}}, "say what is paid for"),
        ({"price": {"per_call": 1, "currency": "a b"}}, "price.currency"),
        ({"price": 5}, "price: expected a mapping of fields"),
        (
            {"price": {"per_call": 1}, "report": {"price": {"per_1000_queries": 2}}},
            "price and report.price both say what queries cost: keep `price`",
        ),
    ],
)
def test_mistakes_are_explained(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        loaded(tmp_path, **changes)


def test_a_written_spec_loads_with_the_same_price(tmp_path: Path) -> None:
    for changes in ({}, {"price": {"per_image": 1}}, {"report": {"price": {"per_1000_images": 1}}}):
        spec = loaded(tmp_path, **changes)
        (tmp_path / "again.yaml").write_text(spec_as_yaml(spec))
        assert load_spec(str(tmp_path / "again.yaml")) == spec
