"""The ablation of a spec: a base method, and fields that are varied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestrator.ablation_axes import check_field, setting_of, varied
from orchestrator.ablation_place import Place
from orchestrator.arm import Arm, Conditions, arm_of
from orchestrator.spec_method import MethodSpec


class AblationSpec(BaseModel):
    """A base method and the fields that are varied, each by itself unless asked otherwise.

    In YAML:

        ablation:
          base: zip
          vary:
            clip: [none, 1, sqrt_dim, 100]
            rank: [1, 3, 5]

    Attributes:
        base: the method with the settings that hold wherever they aren't varied. Reports call
            the others by its label and what is changed: `zip[clip=100]`.
        vary: values by field: a setting of the base method, or `backbone`, `budget`, `shots` or
            `batch_size`. The base's own value belongs to each sweep, listed or not.
        product: whether every combination of values is run instead.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: MethodSpec
    vary: Mapping[str, tuple[Any, ...]] = Field(min_length=1)
    product: bool = False

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        for field, values in self.vary.items():
            check_field(self.base, field)
            if not values:
                raise ValueError(f"vary.{field}: needs at least one value")
        return self

    def arms(self, conditions: Conditions) -> tuple[Arm, ...]:
        """The base, then everything that differs from it.

        Args:
            conditions: those of the spec.

        Raises:
            ValueError: a value is impossible, given twice, or makes no difference at all.
        """
        base = arm_of(self.base, conditions)
        if not self.product:  # what is impossible or idle alone may not be so beside others
            for field, values in self.vary.items():
                _check_values(base, field, values)
        arms = (_varied_arm(base, changes) for changes in self._changes())
        return (replace(base, places=self._base_places(base)), *arms)

    def _changes(self) -> Iterator[dict[str, Any]]:
        if self.product:
            for values in product(*self.vary.values()):
                yield dict(zip(self.vary, values, strict=True))
            return
        for field, values in self.vary.items():
            yield from ({field: value} for value in values)

    def _base_places(self, base: Arm) -> tuple[Place, ...]:
        settings = tuple(setting_of(base, field) for field in self.vary)
        groups = [settings] if self.product else [(setting,) for setting in settings]
        return tuple(Place(base.label, group, is_base=True) for group in groups)


def _varied_arm(base: Arm, changes: Mapping[str, Any]) -> Arm:
    arm = varied(base, changes)
    place = Place(base.label, tuple(setting_of(arm, field) for field in changes))
    method = arm.method.model_copy(update={"label": place.label})
    return replace(arm, method=method, places=(place,))


def _check_values(base: Arm, field: str, values: tuple[Any, ...]) -> None:
    own = setting_of(base, field)
    found = [setting_of(varied(base, {field: value}), field) for value in values]
    if len(values) > 1 and all(setting == own for setting in found):
        raise ValueError(
            f"vary.{field}: makes no difference, with the base's other settings every value "
            f"means {own.text}"
        )
    for place, setting in enumerate(found):
        if setting in found[:place]:
            raise ValueError(f"vary.{field}: value {setting.text} is given twice")
