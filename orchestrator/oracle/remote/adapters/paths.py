"""Paths to values in JSON, such as `choices[0].message.content`.

A path is a row of steps. `name` is a field of a mapping, and `["any name"]` one whose name has
other signs than letters, digits, `_` and `-`; `[0]` is an entry of a list, counted from its end
where the number is negative; `[*]` is every entry, to which the rest of the path applies, so that
the path leads to a list. Steps that are names have a dot between them. `$` alone is the whole.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator

_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_STEP = re.compile(
    rf'(?P<name>{_NAME})|\[(?P<entry>-?\d{{1,9}})\]|\[(?P<all>\*)\]|\["(?P<odd>[^"]+)"\]'
)
_RULES = (
    'a path is names with dots between them, [0] for an entry of a list, [*] for all, ["any name"] '
    "for odd names, or $ for the whole answer, such as data[0].scores[*].value"
)


class NotThere(LookupError):
    """A path leads to nothing; says how far it led, and what is there."""


@dataclass(frozen=True)
class Each:
    """Every entry of a list."""

    def __str__(self) -> str:
        return "[*]"


Step = str | int | Each


@dataclass(frozen=True)
class JsonPath:
    """A path to a value in JSON.

    Example:
        >>> JsonPath.parse("data[*].label").find({"data": [{"label": "cat"}, {"label": "dog"}]})
        ['cat', 'dog']

    Attributes:
        steps: from the outside to the inside.
    """

    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str) -> "JsonPath":
        """The path that is written.

        Raises:
            ValueError: it is none.
        """
        steps: list[Step] = []
        place = len("$") if text.startswith("$") else 0
        while place < len(text):
            dotted = text[place] == "." and place > 0
            found = _STEP.match(text, place + dotted)
            named = found is not None and found["name"] is not None
            if found is None or dotted != (named and place > 0):
                raise ValueError(f"{text!r} is no path: {_RULES}")
            steps.append(_step(found))
            place = found.end()
        if not text:
            raise ValueError(f"expected a path: {_RULES}")
        return cls(tuple(steps))

    def find(self, value: Any) -> Any:
        """The value at the path's end; a list of values if `[*]` is among its steps.

        Raises:
            NotThere: the path doesn't lead to its end.
        """
        return _follow(value, self.steps, ())

    def __str__(self) -> str:
        return _written(self.steps)


def checked_path(text: str) -> str:
    """The same text, if it is a path.

    Raises:
        ValueError: it is none.
    """
    JsonPath.parse(text)
    return text


PathText = Annotated[str, AfterValidator(checked_path)]
"""A path in a file that people write."""


def _step(found: re.Match[str]) -> Step:
    if found["entry"] is not None:
        return int(found["entry"])
    return Each() if found["all"] else str(found["name"] or found["odd"])


def _follow(value: Any, steps: tuple[Step, ...], done: tuple[Step, ...]) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, Each):
        if not isinstance(value, list):
            raise NotThere(f"{_written(done)} is {kind_of(value)}, no list")
        found = [_follow(one, rest, (*done, number)) for number, one in enumerate(value)]
        deeper = any(isinstance(one, Each) for one in rest)
        return [inner for one in found for inner in one] if deeper else found
    return _follow(_inside(value, step, done), rest, (*done, step))


def _inside(value: Any, step: str | int, done: tuple[Step, ...]) -> Any:
    """The field or entry of a value."""
    if isinstance(step, str):
        if isinstance(value, dict) and step in value:
            return value[step]
        raise NotThere(f"{_written(done)} is {kind_of(value)}, without a field {step!r}")
    if not isinstance(value, list):
        raise NotThere(f"{_written(done)} is {kind_of(value)}, no list")
    if not -len(value) <= step < len(value):
        raise NotThere(f"{_written(done)} is a list of {len(value)}, without an entry {step}")
    return value[step]


def _written(steps: tuple[Step, ...]) -> str:
    text = ""
    for step in steps:
        if not isinstance(step, str):
            text += f"[{step}]" if isinstance(step, int) else str(step)
        elif re.fullmatch(_NAME, step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text or "$"


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        names = ", ".join(str(name)[:40] for name in list(value)[:8])
        return f"a mapping with {names}" if value else "an empty mapping"
    kinds = {bool: "a boolean", str: "a text", list: "a list", int: "a number", float: "a number"}
    return kinds.get(type(value), "something else")
