"""One method of a spec, with every setting spelled out."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from benchmarks.frozen import Frozen
from methods.registry import method_variant
from orchestrator.cell import MethodChoice
from orchestrator.spec.validation import describe


class MethodSpec(Frozen):
    """One method of the comparison.

    In YAML: its name alone, or a mapping with `name`, optionally `label` and `batch_size`, and its
    settings. `name@variant` takes a variant's defaults.

    Attributes:
        name: the method's name, without its variant: that is spelled out in the settings.
        label: what reports call it; the name as given unless given.
        batch_size: images in a query's mini-batch, if not the spec's.
        settings: the method's settings, all of them, defaults included.
    """

    name: str
    label: str
    batch_size: Annotated[int, Field(ge=1)] | None = None
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
            settings = kind.settings_type.model_validate({**defaults, **nested, **given})
        except ValidationError as error:
            raise ValueError(
                f"method {name}: {'; '.join(describe(error, kind.settings_type))}"
            ) from None
        dumped = settings.model_dump(mode="json")
        return {"label": name, **own, "name": kind.name, "settings": dumped}

    @property
    def choice(self) -> MethodChoice:
        """Name and settings, without the label."""
        return MethodChoice(name=self.name, settings=self.settings)
