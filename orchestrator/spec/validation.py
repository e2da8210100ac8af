"""Checks values against a model, and says what is wrong in sentences for whoever wrote the YAML."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from benchmarks.naming import did_you_mean

ModelT = TypeVar("ModelT", bound=BaseModel)


class Clash(ValueError):
    """Values that are possible each by itself, but not together."""


def validated(model: type[ModelT], values: Mapping[str, Any]) -> ModelT:
    """The model with these values.

    Raises:
        Clash: values are impossible together; says what is allowed.
        ValueError: a field is unknown or a value impossible; says which, and what is allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        kind = ValueError if any(problem["loc"] for problem in error.errors()) else Clash
        raise kind("; ".join(describe(error, model))) from None


def describe(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line per problem: where, what was expected, what was received, and the nearest name."""
    problems = error.errors()
    return [
        _describe_one(problem, model)
        for problem in problems
        if not _follows_from_another(problem, problems)
    ]


def _follows_from_another(problem: Any, problems: Sequence[Any]) -> bool:
    """Whether a list is too short only because its entries were refused."""
    place = problem["loc"]
    return problem["type"] == "too_short" and any(
        other is not problem and other["loc"][: len(place)] == place for other in problems
    )


def _describe_one(problem: Any, model: type[BaseModel]) -> str:
    location = [str(part) for part in problem["loc"]]
    where = ".".join(location)
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        known = _fields_at(model, location[:-1])
        message = f"unknown field {location[-1]!r}. {did_you_mean(location[-1], known)}"
    elif problem["type"] not in ("missing", "value_error"):
        given = repr(problem["input"])
        message = f"{message} (got {given if len(given) <= 80 else f'{given[:77]}...'})"
    return f"{where}: {message}" if where else message


def _fields_at(model: type[BaseModel], location: list[str]) -> list[str]:
    """Names of the fields of the nested model at a location."""
    for part in location:
        if part.isdigit():  # an entry of a list, whose model is known already
            continue
        field = model.model_fields.get(part)
        inner = None if field is None else _model_in(field.annotation)
        if inner is None:
            break
        model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in a field's type: the type itself, or an argument of a tuple or union."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None
