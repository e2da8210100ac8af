"""What can be varied in an ablation: any setting of the base method, and its conditions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from benchmarks.naming import did_you_mean
from methods.registry import method_class
from orchestrator.ablation_place import Setting
from orchestrator.arm import Arm, Conditions
from orchestrator.spec_method import MethodSpec
from orchestrator.validation import describe

ModelT = TypeVar("ModelT", bound=BaseModel)


def check_field(method: MethodSpec, field: str) -> None:
    """Refuses a field that can't be varied.

    Raises:
        ValueError: it is neither a setting of the method nor a condition.
    """
    known = (*method.settings, *Conditions.model_fields)
    if field not in known:
        raise ValueError(f"unknown field {field!r}. {did_you_mean(field, known)}")


def varied(arm: Arm, changes: Mapping[str, Any]) -> Arm:
    """The arm with some fields changed, all at once.

    Raises:
        ValueError: a value is impossible, alone or beside the others.
    """
    conditions = {f: value for f, value in changes.items() if f in Conditions.model_fields}
    settings = {f: value for f, value in changes.items() if f not in conditions}
    kind = method_class(arm.method.name).settings_type
    changed = _validated(kind, arm.method.settings, settings).model_dump(mode="json")
    return replace(
        arm,
        method=arm.method.model_copy(update={"settings": changed}),
        conditions=_validated(Conditions, arm.conditions.model_dump(), conditions),
    )


def setting_of(arm: Arm, field: str) -> Setting:
    """The value that a field has in an arm."""
    if field in Conditions.model_fields:
        value = getattr(arm.conditions, field)
        return Setting(field, _text(value), _number(value), tuned=False)
    kind = method_class(arm.method.name).settings_type
    settings = kind.model_validate(arm.method.settings)
    return Setting(field, _text(arm.method.settings[field]), settings.number(field))


def _validated(model: type[ModelT], given: Mapping[str, Any], changes: Mapping[str, Any]) -> ModelT:
    try:
        return model.model_validate({**given, **changes})
    except ValidationError as error:
        what = ", ".join(f"{field} = {_text(value)}" for field, value in changes.items())
        problems = "; ".join(describe(error, model))
        raise ValueError(f"{what} is impossible here: {problems}") from None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int) else None


def _text(value: Any) -> str:
    """A value as YAML has it; a backbone by its model and, if given, its weights."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.12g}"
    given = value.model_dump() if hasattr(value, "model_dump") else value
    if isinstance(given, Mapping):
        return " ".join(str(part) for part in given.values() if part is not None)
    return str(given)
