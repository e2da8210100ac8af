"""One method of a spec, with all its settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from benchmarks.frozen import Frozen
from benchmarks.naming import did_you_mean
from benchmarks.quoting import cut
from extensions.reference import is_reference
from methods.interface import Method
from methods.registry import cell_name, method_class, method_variant
from orchestrator.answers import Answers
from orchestrator.cell import MethodChoice
from orchestrator.reading.validation import validated
from orchestrator.spec.absent import Absent, AbsentMethod
from orchestrator.spec.label import checked_label
from orchestrator.spec.numbers import PositiveInt

_OWN = ("label", "batch_size", "answers")
"""Fields of a method's entry that are no settings of the method."""


class MethodSpec(Frozen):
    """One method of the comparison.

    In YAML: its name alone, or a mapping of `name`, its settings, and optionally `label`,
    `batch_size` and `answers`. `name@variant` takes the defaults of a variant. A method of another
    package is named by its place, `package.module:Class`, or by its entry point's name.

    Attributes:
        name: the method's name, without a variant, which is expanded into the settings; its place
            if it is of another package.
        label: its name in reports; by default the name as written in the spec, or for a place the
            name that the class gives itself.
        batch_size: images per mini-batch of a query; None takes the spec's.
        answers: what it sees of the black box's scores; None takes the spec's.
        settings: all settings of the method, defaults included.
        absent: what is known of a method of a package that isn't here; None of all others.
    """

    name: str
    label: str
    batch_size: PositiveInt | None = None
    answers: Answers | None = Field(default=None, exclude_if=lambda value: value is None)
    settings: dict[str, Any]
    absent: AbsentMethod | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: Any, info: ValidationInfo) -> Any:
        given = _given(value)
        name = given.pop("name")
        own = {field: given.pop(field) for field in _OWN if field in given}
        nested = given.pop("settings", {})
        if not isinstance(nested, Mapping):
            # Of a TypeError pydantic would make no sentence.
            raise ValueError(  # noqa: TRY004
                f"expected `settings` as a mapping, got {cut(repr(nested))}"
            )
        try:
            kind, defaults = method_variant(name)
        except ValueError:
            taken = _of_absent(name, {**nested, **given}, info.context)
            if taken is None:
                raise
            return {**taken, **own}
        _check_fields(name, kind, nested, given)
        try:
            settings = validated(kind.settings_type, {**defaults, **nested, **given})
        except ValueError as error:
            raise ValueError(f"method {name}: {error}") from None
        dumped = settings.model_dump(mode="json")
        label = f"{kind.name}{name[name.find('@') :] if '@' in name else ''}"
        label = label if is_reference(name) else name
        return {"label": label, **own, "name": cell_name(kind), "settings": dumped}

    @field_validator("label")
    @classmethod
    def _shown(cls, value: str) -> str:
        return checked_label(value)

    def varied(self, settings: Mapping[str, Any], label: str | None = None) -> MethodSpec:
        """The method with some settings replaced, all at once, and perhaps its label.

        Those of a method that isn't here are taken as they are.

        Raises:
            ValueError: a value is impossible, alone or with the others; says what is allowed.
        """
        dumped = {**self.settings, **settings}
        if not self.absent:
            kind = method_class(self.name).settings_type
            dumped = validated(kind, dumped).model_dump(mode="json")
        return self.model_copy(update={"label": label or self.label, "settings": dumped})

    @property
    def trains(self) -> bool:
        """Whether it learns."""
        return self.absent.trains if self.absent else method_class(self.name).trains

    @property
    def unknown(self) -> bool:
        """Whether nobody knows which settings it has."""
        return self.absent is not None and not self.absent.defaults

    @property
    def choice(self) -> MethodChoice:
        """Name and settings, without the label."""
        return MethodChoice(name=self.name, settings=self.settings)


def _of_absent(name: str, given: Mapping[str, Any], known: object) -> dict[str, Any] | None:
    """A method of a package that isn't here, as a store knows it; None if nobody knows it."""
    base, at, variant = name.partition("@")
    found = known.method(base) if isinstance(known, Absent) else None
    if found is None:
        return None
    settings = {**found.defaults, **found.variants.get(variant, {}), **given}
    label = f"{found.name if is_reference(base) else base}{at}{variant}"
    return {"label": label, "name": found.place, "settings": settings, "absent": found}


def _check_fields(
    name: str, kind: type[Method], nested: Mapping[str, Any], given: Mapping[str, Any]
) -> None:
    """Refuses what would be ignored or misread: a setting given twice, a variant as a field."""
    if twice := [field for field in given if field in nested]:
        raise ValueError(
            f"method {name}: {cut(str(twice[0]))} is given twice, in `settings` and beside them: "
            f"give it once"
        )
    settings = kind.settings_type.model_fields
    for field in map(str, given):
        if field not in settings and _near(field, _OWN) and not _near(field, settings):
            near = did_you_mean(field, _OWN)
            raise ValueError(f"method {name}: unknown field {cut(repr(field))}. {near}")
    if "variant" in given and "variant" not in kind.settings_type.model_fields:
        known = " or ".join(f"{kind.name}@{variant}" for variant in kind.variants)
        has = f"such as name: {known}" if known else f"but {kind.name} has none"
        raise ValueError(
            f"method {name}: a variant is part of the name, {has}; got variant: "
            f"{cut(repr(given['variant']))}"
        )


def _near(field: str, known: Iterable[str]) -> bool:
    return did_you_mean(field, known).startswith("Did")


def _given(value: Any) -> dict[str, Any]:
    """A method's entry as a mapping with a name."""
    given = {"name": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping):
        raise ValueError(  # noqa: TRY004 - as above
            f"expected a method's name, or a mapping of `name` and settings, got {cut(repr(value))}"
        )
    if not isinstance(given.get("name"), str):
        raise ValueError("a method needs a `name`, such as {name: zip}")  # noqa: TRY004
    return dict(given)
