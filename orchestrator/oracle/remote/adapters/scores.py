"""Finds the scores in a service's JSON answer."""

import json
from collections.abc import Iterator
from typing import Any

from orchestrator.oracle.remote.adapters.names import Names
from orchestrator.oracle.remote.adapters.paths import JsonPath, NotThere, kind_of
from orchestrator.oracle.remote.adapters.rows import (
    EVEN,
    BadScores,
    Reading,
    Row,
    label_row,
    row_by_name,
    row_by_position,
)
from orchestrator.oracle.remote.adapters.yaml_form import AnswerPlace
from orchestrator.oracle.remote.foreign_text import shown

_NAMES = {"text": "text", "class": "name", "mark": "mark", "index": "number", "position": "place"}
_SHOWN = 5
"""Names that a message lists."""


class ScoreFinder:
    """Finds the scores of images in answers.

    Args:
        place: where they are.
        classes: how many there are, C.
        names: finds classes by name; None where scores are in the order of classes.
    """

    def __init__(self, place: AnswerPlace, classes: int, names: Names | None) -> None:
        self._place, self._classes, self._names = place, classes, names
        self._reading = Reading(place.kind, place.factor)

    def rows(self, answer: Any, images: int) -> tuple[Row, ...]:
        """A row for each image.

        Raises:
            BadScores: something isn't where it should be, or isn't what it should be.
        """
        parts = self._parts(answer, images)
        return tuple(self._row(part, number) for number, part in enumerate(parts))

    @property
    def _what(self) -> str:
        """What names are, in words."""
        return _NAMES[self._place.by]

    def _parts(self, answer: Any, images: int) -> list[Any]:
        """The part of each image."""
        if self._place.images is None:
            return [answer]
        parts = _found(answer, self._place.images, "answer.images")
        if not isinstance(parts, list) or len(parts) != images:
            got = f"{len(parts)} entries" if isinstance(parts, list) else kind_of(parts)
            raise BadScores(
                f"answer.images: expected a list of {images}, one part for each image, at "
                f"{self._place.images}, got {got}"
            )
        return parts

    def _row(self, part: Any, number: int) -> Row:
        try:
            return self._label(part) if self._place.kind == "label" else self._scored(part)
        except BadScores as error:
            raise BadScores(f"image {number}: {error}") from None

    def _label(self, part: Any) -> Row:
        name = _found(part, str(self._place.name), "answer.name")
        index = None if self._names is None else self._names.find(name)
        if index is None:
            raise BadScores(
                f"answer.name: {_written(name)} is the {self._what} of no class; check `by`, "
                f"and how the body asks for the answer"
            )
        return label_row(index)

    def _scored(self, part: Any) -> Row:
        entries = _found(part, self._place.entries, "answer.entries")
        if self._names is None:
            return row_by_position(self._numbers(entries), self._classes, self._reading)
        pairs = list(self._pairs(entries))
        found = [(self._names.find(name), value) for name, value in pairs]
        row = row_by_name(found, self._classes, self._reading)
        if row is not None:
            return row
        if self._place.unknown == "even":
            return EVEN
        listed = ", ".join(_written(name) for name, _ in pairs[:_SHOWN]) or "nothing"
        raise BadScores(
            f"answer.entries: none of them is the {self._what} of a class, got {listed}; "
            f"check `name` and `by`, or say unknown: even for services that may answer so"
        )

    def _numbers(self, entries: Any) -> list[Any]:
        if not isinstance(entries, list):
            raise BadScores(
                f"answer.entries: expected a list at {self._place.entries}, got {kind_of(entries)}"
            )
        return [self._score(entry) for entry in entries]

    def _pairs(self, entries: Any) -> Iterator[tuple[Any, Any]]:
        """Names and numbers."""
        if isinstance(entries, dict):
            yield from ((name, self._score(entry)) for name, entry in entries.items())
            return
        if not isinstance(entries, list) or self._place.name is None:
            raise BadScores(
                f"answer.entries: expected a mapping from names to scores at "
                f"{self._place.entries}, or a list and the `name` of each entry, got "
                f"{kind_of(entries)}"
            )
        for entry in entries:
            yield _found(entry, self._place.name, "answer.name"), self._score(entry)

    def _score(self, entry: Any) -> Any:
        return entry if self._place.score is None else _found(entry, self._place.score, "score")


def number_at(answer: Any, path: str, field: str) -> float:
    """The number, not below 0, to which a path leads.

    Raises:
        BadScores: there is none.
    """
    value = _found(answer, path, field)
    number = Reading("logits").number(value)
    if number < 0:
        raise BadScores(f"{field}: expected a number of 0 or more at {path}, got {number:g}")
    return number


def as_json(answer: Any) -> str:
    """An answer as it may have been written."""
    try:
        return json.dumps(answer, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        return kind_of(answer)


def _found(value: Any, path: str, field: str) -> Any:
    try:
        return JsonPath.parse(path).find(value)
    except NotThere as error:
        raise BadScores(f"{field}: there is nothing at {path}, for {error}") from None


def _written(name: Any) -> str:
    return repr(shown(name, 60)) if isinstance(name, str) else kind_of(name)
