"""Refuses `true` where a number belongs: Python, and so pydantic, would take it for 1."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel


def booleans_for_numbers(
    kind: type[BaseModel], values: Any, place: str = ""
) -> Iterator[tuple[str, str]]:
    """Where a boolean stands in the values of a model that takes numbers alone, and a sentence."""
    if not isinstance(values, Mapping):
        return
    for name, value in values.items():
        field = kind.model_fields.get(str(name))
        if field is not None:
            yield from _misplaced(field.annotation, value, f"{place}{name}")


def _misplaced(annotation: Any, value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, bool):
        if _takes(annotation, {int, float}) and not _takes(annotation, {bool, Any}):
            yield place, f"expected a number, got {str(value).lower()}"
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value):
            yield from _misplaced(annotation, entry, f"{place}.{number}")
    elif (model := model_in(annotation)) is not None:
        yield from booleans_for_numbers(model, value, f"{place}.")


def is_of_numbers(annotation: Any) -> bool:
    """Whether a field's type takes numbers, and no texts."""
    return _takes(annotation, {int, float}) and not _takes(annotation, {str, Any})


def _takes(annotation: Any, kinds: set[Any]) -> bool:
    """Whether a type is one of these, or has one as an argument."""
    if any(annotation is kind for kind in kinds):
        return True
    return any(_takes(argument, kinds) for argument in get_args(annotation))


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in a field's type: the type itself, or an argument of a tuple or union."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None
