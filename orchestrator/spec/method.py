"""One method of a spec, with all its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from benchmarks.frozen import Frozen
from methods.registry import method_class, method_variant
from orchestrator.cell import MethodChoice
from orchestrator.spec.validation import validated

PositiveInt = Annotated[int, Field(ge=1)]


class MethodSpec(Frozen):
    """One method of the comparison.

    In YAML: its name alone, or a mapping of `name`, its settings, and optionally `label` and
    `batch_size`. `name@variant` takes the defaults of a variant.

    Attributes:
        name: the method's name, without a variant, which is expanded into the settings.
        label: its name in reports; by default the name as written in the spec.
        batch_size: images per mini-batch of a query; None takes the spec's.
        settings: all settings of the method, defaults included.
    """

    name: str
    label: str
    batch_size: PositiveInt | None = None
    settings: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: Any) -> Any:
        given: dict[str, Any] = {"name": value} if isinstance(value, str) else dict(value)
        if "name" not in given:
            raise ValueError("a method needs a `name`")
        name = given.pop("name")
        own = {field: given.pop(field) for field in ("label", "batch_size") if field in given}
        nested = given.pop("settings", {})
        kind, defaults = method_variant(name)
        try:
            settings = validated(kind.settings_type, {**defaults, **nested, **given})
        except ValueError as error:
            raise ValueError(f"method {name}: {error}") from None
        dumped = settings.model_dump(mode="json")
        return {"label": name, **own, "name": kind.name, "settings": dumped}

    def varied(self, settings: Mapping[str, Any], label: str | None = None) -> MethodSpec:
        """The method with some settings replaced, all at once, and perhaps its label.

        Raises:
            ValueError: a value is impossible, alone or with the others; says what is allowed.
        """
        kind = method_class(self.name).settings_type
        dumped = validated(kind, {**self.settings, **settings}).model_dump(mode="json")
        return self.model_copy(update={"label": label or self.label, "settings": dumped})

    @property
    def choice(self) -> MethodChoice:
        """Name and settings, without the label."""
        return MethodChoice(name=self.name, settings=self.settings)
