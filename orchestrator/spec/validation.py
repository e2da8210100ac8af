"""Checks values against a model, and says what is wrong in sentences for whoever wrote the YAML."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from benchmarks.naming import did_you_mean, shortened
from orchestrator.spec.booleans import booleans_for_numbers, model_in

ModelT = TypeVar("ModelT", bound=BaseModel)

LONGEST = 500
"""Characters of a sentence at most; values in it are cut."""

MOST = 12
"""Problems that are told at once."""

_BRANCH = re.compile(
    r"(?:literal|constrained|tuple|list|dict|function)\b.*|int|float|str|bool|none"
)
"""What pydantic adds to a place for each type that a value may have."""

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list, such as [a, b]",
    "list_type": "a list, such as [a, b]",
    "dict_type": "a mapping of fields, such as {{name: value}}",
    "mapping_type": "a mapping of fields, such as {{name: value}}",
    "model_type": "a mapping of fields, such as {{name: value}}",
    "model_attributes_type": "a mapping of fields, such as {{name: value}}",
    "greater_than_equal": "a number of {ge:,} or more",
    "greater_than": "a number above {gt:,}",
    "less_than_equal": "a number of {le:,} or less",
    "less_than": "a number below {lt:,}",
    "literal_error": "{expected}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "a text like {pattern}",
    "too_short": "at least one entry",
}


class Refused(ValueError):
    """Values that a model doesn't take.

    Attributes:
        problems: a sentence on each.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problem.rstrip(".") for problem in problems))
        self.problems = problems


class Clash(Refused):
    """Values that are possible each by itself, but not together."""


def validated(model: type[ModelT], values: Mapping[str, Any]) -> ModelT:
    """The model with these values.

    Raises:
        Clash: values are impossible together; says what is allowed.
        Refused: a field is unknown or a value impossible; says which, and what is allowed.
    """
    problems = list(booleans_for_numbers(model, values))
    try:
        made = model.model_validate(values)
    except ValidationError as error:
        told = _few([*problems, *_described(error, model)])
        clash = not problems and not any(problem["loc"] for problem in error.errors())
        raise (Clash if clash else Refused)(*told) from None
    if problems:
        raise Refused(*_few(problems))
    return made


def _described(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line per problem: where, what was expected, what was received, and the nearest name."""
    problems = error.errors(include_url=False)
    told = [problem for problem in problems if not _follows_from_another(problem, problems)]
    return [_describe_one(list(group), model) for _, group in groupby(told, _place)]


def _place(problem: Any) -> tuple[Any, ...]:
    """Where a value stands, however many types it may have."""
    place = tuple(problem["loc"])
    return place[:-1] if len(place) > 1 and _BRANCH.fullmatch(str(place[-1])) else place


def _follows_from_another(problem: Any, problems: Sequence[Any]) -> bool:
    """Whether a list is too short only because its entries were refused."""
    place = problem["loc"]
    return problem["type"] == "too_short" and any(
        other is not problem and other["loc"][: len(place)] == place for other in problems
    )


def _describe_one(problems: Sequence[Any], model: type[BaseModel]) -> str:
    """A sentence on one place, of which each type that its value may have is a problem."""
    location = [str(part) for part in _place(problems[0])]
    first, where = problems[0], ".".join(location)
    if first["type"] == "extra_forbidden":
        known = _fields_at(model, location[:-1])
        message = f"unknown field {shortened(location[-1])!r}. {did_you_mean(location[-1], known)}"
    elif first["type"] == "missing":
        message = "is missing"
    elif first["type"] in _EXPECTED:
        message = f"expected {_expected(problems)}, got {_given(first['input'])}"
        if isinstance(first["input"], bool):
            message += ". Put quotes around yes, no, on and off where they are texts"
    else:
        message = str(first["msg"]).removeprefix("Value error, ")
    return _one_line(f"{shortened(where, 120)}: {message}" if where else message)


def _expected(problems: Sequence[Any]) -> str:
    found = (
        _EXPECTED[problem["type"]].format(**problem.get("ctx", {}))
        for problem in problems
        if problem["type"] in _EXPECTED
    )
    return " or ".join(dict.fromkeys(found))


def _given(value: Any) -> str:
    """A value as YAML would write it, cut to what a message has room for."""
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    if isinstance(value, int) and value.bit_length() > 200:
        return "a number of many digits"
    return shortened(repr(value))


def _one_line(text: str) -> str:
    plain = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return shortened(plain, LONGEST)


def _few(problems: Iterable[str]) -> list[str]:
    """The first ones; a last line counts the others."""
    found = list(dict.fromkeys(problems))
    return found if len(found) <= MOST else [*found[:MOST], f"and {len(found) - MOST} more"]


def _fields_at(model: type[BaseModel], location: list[str]) -> list[str]:
    """Names of the fields of the nested model at a location."""
    for part in location:
        if part.isdigit():  # an entry of a list, whose model is known already
            continue
        field = model.model_fields.get(part)
        inner = None if field is None else model_in(field.annotation)
        if inner is None:
            break
        model = inner
    return list(model.model_fields)
