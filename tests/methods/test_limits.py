"""Settings that no machine can hold, or that would never end, are refused before work starts."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from methods.parts.schedules import power_decay
from methods.registry import method_class, method_classes, method_variant, variant_names

TOO_MUCH = [
    ("bbt", "dimension", 10_001),
    ("bptvlm", "text_dimension", 10_001),
    ("bptvlm", "visual_dimension", 10_001),
    ("craft", "dimension", 10_001),
    ("craft", "hidden", 100_001),
    ("craft", "head_steps", 10_001),
    ("lcs", "shared_dimension", 10_001),
    ("lcs", "private_dimension", 10_001),
    ("sharpzo", "dimension", 10_001),
    ("template_search", "edits", 1_001),
    ("zip", "step_decay", 11),
    ("zo_context", "smoothing_decay", 11),
    ("zo_context", "step_offset", 2e9),
    ("zomp", "rank", 1_001),
]


@pytest.mark.parametrize(("name", "setting", "value"), TOO_MUCH)
def test_a_value_above_the_limit_is_refused_by_name(name: str, setting: str, value: float) -> None:
    kind = method_class(name).settings_type
    kind.model_validate({setting: int(value / 2) if value > 11 else 10})
    with pytest.raises(ValidationError, match=rf"{setting}\n.*less than or equal"):
        kind.model_validate({setting: value})


@pytest.mark.parametrize("name", [*method_classes(), *variant_names()])
def test_defaults_are_within_the_limits(name: str) -> None:
    kind, defaults = method_variant(name)
    dumped = kind.settings_type.model_validate(dict(defaults)).model_dump(mode="json")
    kind.settings_type.model_validate(dumped)


def test_a_decay_at_its_limit_is_a_number_at_every_step() -> None:
    assert 0 < power_decay(1.0, 10, 1e9)(10**9) < 1e-90
