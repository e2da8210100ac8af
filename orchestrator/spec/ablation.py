"""The `ablation` section of a spec: base methods, and the fields that are varied."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, Self

from pydantic import Field, field_serializer, field_validator, model_validator

from benchmarks.frozen import Frozen
from benchmarks.naming import did_you_mean
from benchmarks.quoting import cut
from methods.registry import method_class
from orchestrator.oracle.backbone import Backbone
from orchestrator.reading.validation import Clash, validated
from orchestrator.spec.ablation_point import AblationPoint, FieldValue
from orchestrator.spec.arm import Arm, Conditions, arm_of
from orchestrator.spec.method import MethodSpec

_LONGEST = 100
"""Characters of a list of values in a label."""


class AblationSpec(Frozen):
    """Base methods and the fields that are varied, one at a time or in every combination.

    In YAML:

        ablation:
          base: zip
          vary:
            clip: [none, 1, sqrt_dim, 100]
            rank: [1, 3, 5]

        ablation:
          base: [zip, bbt]
          vary: {answers: [logits, {top: 5}, label]}

    Attributes:
        base: the method with the settings that hold wherever they aren't varied, or several methods
            of which each has the same fields varied. Reports name the others by its label and by
            what differs: `zip[clip=100]`.
        vary: values by field: a setting of all base methods, or `backbone`, `budget`, `shots`,
            `batch_size` or `answers`. The base's own value is part of each sweep, listed or not.
        product: whether every combination of values is run instead.
    """

    base: tuple[MethodSpec, ...] = Field(min_length=1)
    vary: Mapping[str, tuple[Any, ...]] = Field(min_length=1)
    product: bool = False

    @field_validator("base", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return value if isinstance(value, list | tuple) else [value]

    @field_validator("base")
    @classmethod
    def _distinct_labels(cls, value: tuple[MethodSpec, ...]) -> tuple[MethodSpec, ...]:
        labels = [base.label for base in value]
        twice = next((one for one in labels if labels.count(one) > 1), None)
        if twice is not None:
            raise ValueError(
                f"label {cut(repr(twice))} is given twice: give each base a `label` of its own"
            )
        return value

    @field_serializer("base")
    def _as_given(self, value: tuple[MethodSpec, ...]) -> Any:
        """A single one without a list around it."""
        dumped = [base.model_dump(mode="json") for base in value]
        return dumped[0] if len(dumped) == 1 else dumped

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        for field, values in self.vary.items():
            for base in self.base:
                known = (*base.settings, *Conditions.model_fields)
                if field not in known and not base.unknown:
                    of = f" of {base.label}" if len(self.base) > 1 else ""
                    raise ValueError(f"unknown field {field!r}{of}. {did_you_mean(field, known)}")
            if not values:
                raise ValueError(f"vary.{field}: needs at least one value")
        return self

    def present(self) -> Self | None:
        """The ablation of those bases whose methods are here; None if none is."""
        here = tuple(base for base in self.base if not base.absent)
        return self.model_copy(update={"base": here}) if here else None

    def arms(self, conditions: Conditions) -> tuple[Arm, ...]:
        """Each base under the spec's conditions, then everything that differs from it.

        A value that can't go with the base's other settings is an arm that says so.

        Raises:
            ValueError: a value is impossible by itself, is given twice, or makes no difference.
        """
        return tuple(arm for base in self.base for arm in self._arms(arm_of(base, conditions)))

    def _arms(self, base: Arm) -> tuple[Arm, ...]:
        if not self.product:  # a value may be impossible or without effect only in combination
            for field, values in self.vary.items():
                _check_values(base, field, values)
        arms = (_varied_arm(base, changes) for changes in self._changes())
        return (replace(base, ablation_points=self._base_points(base)), *arms)

    def _changes(self) -> Iterator[dict[str, Any]]:
        if self.product:
            for values in product(*self.vary.values()):
                yield dict(zip(self.vary, values, strict=True))
            return
        for field, values in self.vary.items():
            yield from ({field: value} for value in values)

    def _base_points(self, base: Arm) -> tuple[AblationPoint, ...]:
        values = tuple(field_value(base, field) for field in self.vary)
        groups = [values] if self.product else [(value,) for value in values]
        return tuple(AblationPoint(base.label, group, is_base=True) for group in groups)


def varied(arm: Arm, changes: Mapping[str, Any]) -> Arm:
    """The arm with some fields changed, all at once.

    Raises:
        Clash: a value is impossible together with the others.
        ValueError: a value is impossible alone.
    """
    conditions = {f: value for f, value in changes.items() if f in Conditions.model_fields}
    settings = {f: value for f, value in changes.items() if f not in conditions}
    try:
        return replace(
            arm,
            method=arm.method.varied(settings),
            conditions=validated(Conditions, {**arm.conditions.model_dump(), **conditions}),
        )
    except ValueError as error:
        what = ", ".join(f"{field} = {_text(value)}" for field, value in changes.items())
        raise type(error)(f"{what} is impossible here: {error}") from None


def field_value(arm: Arm, field: str) -> FieldValue:
    """The value that a field has in an arm."""
    if field in Conditions.model_fields:
        value = getattr(arm.conditions, field)
        number = float(value) if isinstance(value, int) else None
        return FieldValue(field, _text(value), number, tuned=False)
    value = arm.method.settings.get(field)
    if arm.method.absent:  # of named values nobody knows the number
        return FieldValue(field, _text(value), _number(value))
    kind = method_class(arm.method.name).settings_type
    settings = kind.model_validate(arm.method.settings)
    return FieldValue(field, _text(value), settings.number(field))


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None


def _varied_arm(base: Arm, changes: Mapping[str, Any]) -> Arm:
    try:
        arm = varied(base, changes)
    except Clash as error:
        return _impossible_arm(base, changes, str(error))
    point = AblationPoint(base.label, tuple(field_value(arm, field) for field in changes))
    method = arm.method.model_copy(update={"label": point.label})
    return replace(arm, method=method, ablation_points=(point,))


def _impossible_arm(base: Arm, changes: Mapping[str, Any], why: str) -> Arm:
    """An arm that can't run anywhere, with the values as they are written."""
    values = tuple(FieldValue(field, _text(value)) for field, value in changes.items())
    point = AblationPoint(base.label, values)
    settings = {f: value for f, value in changes.items() if f not in Conditions.model_fields}
    all_settings = {**base.method.settings, **settings}
    method = base.method.model_copy(update={"label": point.label, "settings": all_settings})
    return replace(base, method=method, ablation_points=(point,), impossible=why)


def _check_values(base: Arm, field: str, values: tuple[Any, ...]) -> None:
    own = field_value(base, field)
    arms = [_varied_arm(base, {field: value}) for value in values]
    found = [arm.ablation_points[0].values[0] for arm in arms]
    if len(values) > 1 and all(value == own for value in found):
        raise ValueError(
            f"vary.{field}: makes no difference, with the base's other settings every value "
            f"means {own.text}"
        )
    for position, value in enumerate(found):
        if value in found[:position]:
            raise ValueError(f"vary.{field}: value {value.text} is given twice")


def _text(value: Any) -> str:
    """A value as YAML writes it; answers in words, a backbone by its model and, if given, weights.

    A long list, as of templates, is told by how many it holds and a digest.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.12g}"
    if isinstance(value, Backbone):  # never its address, which is the user's own affair
        parts = (value.model, value.pretrained, "service" if value.remote else None)
        return " ".join(filter(None, parts))
    return _collected(value) if isinstance(value, Mapping | list | tuple) else str(value)


def _collected(value: Mapping[str, Any] | list[Any] | tuple[Any, ...]) -> str:
    """A mapping or list as YAML writes it on one line, or what tells it apart if it is long."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {_text(part)}' for name, part in value.items())}}}"
    text = str(value)
    if len(text) <= _LONGEST:
        return text
    return f"{len(value):,} values {hashlib.sha256(text.encode()).hexdigest()[:8]}"
