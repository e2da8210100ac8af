"""Checks values against a model, and says what is wrong in sentences for whoever wrote the YAML."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from benchmarks.naming import did_you_mean
from benchmarks.quoting import cut, one_line
from orchestrator.reading.booleans import booleans_for_numbers, is_of_numbers, model_in

ModelT = TypeVar("ModelT", bound=BaseModel)

LONGEST = 500
"""Characters of a sentence at most; values in it are cut."""

MOST = 12
"""Problems that are told at once."""

_BRANCH = re.compile(
    r"(?:literal|constrained|tuple|list|dict|function)\b.*|int|float|str|bool|none"
)
"""What pydantic adds to a place for each type that a value may have."""

_WORDS = re.compile(r" *\w[\w./@ -]*(, *\w[\w./@ -]*)*")
"""One or more texts that YAML takes as they are in a list."""

_NUMBERS = re.compile(r"\s*\d+(?:\.\d+)?(?:[\s,]+\d+(?:\.\d+)?)*\s*", re.ASCII)
"""Numbers that a list should have held, such as `1,2,3`."""

_RANGE = re.compile(r"\d+[^\d,]+\d+")

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
    "tuple_type": "a list, such as {entries}",
    "list_type": "a list, such as {entries}",
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


def validated(model: type[ModelT], values: Mapping[str, Any], context: object = None) -> ModelT:
    """The model with these values; validators are given the context.

    Raises:
        Clash: values are impossible together; says what is allowed.
        Refused: a field is unknown or a value impossible; says which, and what is allowed.
    """
    booleans = dict(booleans_for_numbers(model, values))
    try:
        made = model.model_validate(values, context=context)
    except ValidationError as error:
        found = error.errors(include_url=False)
        clash = not booleans and not any(problem["loc"] for problem in found)
        for problem in found:  # where more is said than of a boolean
            booleans.pop(".".join(map(str, _place(problem))), None)
        told = _few([*_sentences(booleans), *_described(found, model)])
        raise (Clash if clash else Refused)(*told) from None
    if booleans:
        raise Refused(*_few(_sentences(booleans)))
    return made


def _sentences(problems: Mapping[str, str]) -> list[str]:
    return [f"{place}: {problem}" for place, problem in problems.items()]


def _described(problems: Sequence[Any], model: type[BaseModel]) -> list[str]:
    """One line per problem: where, what was expected, what was received, and the nearest name."""
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
        message = f"unknown field {cut(location[-1])!r}. {did_you_mean(location[-1], known)}"
    elif first["type"] == "missing":
        message = "is missing"
    elif first["type"] in _EXPECTED:
        numbers = _numbers_at(model, location)
        message = f"expected {_expected(problems, numbers)}, got {_given(first['input'])}"
        if isinstance(first["input"], bool):
            message += ". Put quotes around yes, no, on and off where they are texts"
    else:
        message = str(first["msg"]).removeprefix("Value error, ")
    return cut(one_line(f"{cut(where, 120)}: {message}" if where else message), LONGEST)


def _expected(problems: Sequence[Any], numbers: bool) -> str:
    """What was expected; `numbers` is whether a list is one of numbers."""
    found = (
        _EXPECTED[problem["type"]].format(
            entries=_example(problem["input"], numbers), **problem.get("ctx", {})
        )
        for problem in problems
        if problem["type"] in _EXPECTED
    )
    return " or ".join(dict.fromkeys(found))


def _example(value: Any, numbers: bool) -> str:
    """A list as an example: of the value itself where a single one was given."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        whole = isinstance(value, float) and value.is_integer()
        return f"[{int(value) if whole else value}]"
    if numbers:
        given = isinstance(value, str) and _NUMBERS.fullmatch(value)
        return f"[{', '.join(str(value).replace(',', ' ').split())}]" if given else "[1, 2, 3]"
    if isinstance(value, str) and value.startswith("-"):
        return "[a, b], or lines that begin with a dash and a blank"
    if not isinstance(value, str) or not value.strip() or _RANGE.fullmatch(value):
        return "[a, b]"
    plain = _WORDS.fullmatch(value) is not None
    words = value.split(",") if plain else [json.dumps(value, ensure_ascii=False)]
    return cut(f"[{', '.join(word.strip() for word in words)}]")


def _given(value: Any) -> str:
    """A value as YAML would write it, cut to what a message has room for."""
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    if isinstance(value, int) and value.bit_length() > 200:
        return "a number of many digits"
    return cut(repr(value))


def _few(problems: Iterable[str]) -> list[str]:
    """The first ones; a last line counts the others."""
    found = list(dict.fromkeys(problems))
    return found if len(found) <= MOST else [*found[:MOST], f"and {len(found) - MOST} more"]


def _numbers_at(model: type[BaseModel], location: list[str]) -> bool:
    """Whether the field at a location is a list of numbers."""
    field = location[-1] if location else ""
    inner = _model_at(model, location[:-1])
    known = inner.model_fields.get(field)
    return known is not None and is_of_numbers(known.annotation)


def _fields_at(model: type[BaseModel], location: list[str]) -> list[str]:
    """Names of the fields of the nested model at a location."""
    return list(_model_at(model, location).model_fields)


def _model_at(model: type[BaseModel], location: list[str]) -> type[BaseModel]:
    """The nested model at a location, as far as there is one."""
    for part in location:
        if part.isdigit():  # an entry of a list, whose model is known already
            continue
        field = model.model_fields.get(part)
        inner = None if field is None else model_in(field.annotation)
        if inner is None:
            break
        model = inner
    return model
