"""Changes to a spec from the command line: `--set budget=500`, `--set methods.zip.clip=none`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from benchmarks.naming import did_you_mean
from benchmarks.quoting import cut
from orchestrator.errors import UserError
from orchestrator.reading.yaml_text import NotPlainYaml, read_yaml

_SHORT = {"backbone": "model", "answers": "kind"}
"""Fields that may be a text alone, with what it is short for; elsewhere it is a name."""
_POSITION = re.compile(r"[0-9]{1,9}")

Step = str | int
"""The name of a field, or the position of an entry in a list."""


def apply_overrides(document: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """A copy of a YAML document with some fields set.

    Args:
        document: the parsed spec.
        overrides: `path=value`, with a YAML value; dots in the path reach into mappings and, by
            number or by the label or name of an entry, into lists. Later ones win.

    Raises:
        UserError: an override is not `path=value`, or its path does not exist.
    """
    changed = deepcopy(dict(document))
    for override in overrides:
        path, value = _read(override)
        _set(changed, path, value, override)
    return changed


def typed_places(document: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, str]:
    """How overrides call the places that they change, by how a spec's errors call them.

    Example:
        >>> typed_places({"methods": ["zip"]}, ["methods.zip.clip=x"])
        {'methods.0.clip': 'methods.zip.clip', 'methods.0': 'methods.zip', 'methods': 'methods'}

    Args:
        document: the parsed spec.
        overrides: those that were applied to it.
    """
    changed, places = deepcopy(dict(document)), dict[str, str]()
    for override in overrides:
        path, value = _read(override)
        steps = list(_steps(changed, path, override))
        for count in range(len(steps), 0, -1):
            told, typed = zip(*steps[:count], strict=True)
            places.setdefault(".".join(told), ".".join(typed))
        _set(changed, path, value, override)
    return places


def _read(override: str) -> tuple[list[str], Any]:
    """The parts of an override's path, and its value.

    Raises:
        UserError: it has no such form.
    """
    path, equals, text = override.partition("=")
    if not equals or not all(path.split(".")):
        raise UserError(f"{_said(override)}: expected field=value, such as budget=500.")
    try:
        return path.split("."), read_yaml(text)
    except NotPlainYaml as error:
        raise UserError(f"{_said(override)}: {cut(text)!r} is not YAML: {error}.") from None


def _steps(node: Any, path: list[str], override: str) -> Iterator[tuple[str, str]]:
    """Each step of a path: as errors call it, and as it was typed."""
    while path and isinstance(node, Mapping | list):
        step, used = _step(node, path, override)
        yield str(step), ".".join(path[:used])
        node = node.get(str(step)) if isinstance(node, Mapping) else node[int(step)]
        path = path[used:]
    yield from ((part, part) for part in path)


def _said(override: str) -> str:
    return f"--set {cut(override)!r}"


def _set(node: Any, path: list[str], value: Any, override: str) -> None:
    field = ""
    while True:
        step, used = _step(node, path, override)
        field, path = path[0], path[used:]
        if not path:
            node[step] = value
            return
        inner = node.get(step) if isinstance(node, dict) else node[step]
        if inner is None:
            node[step] = {}
        elif isinstance(inner, str):
            # A name, as in `backbone: pocket` or `- zip`, is short for a mapping.
            node[step] = {_SHORT.get(field, "name"): inner}
        node = node[step]


def _step(node: Any, path: Sequence[str], override: str) -> tuple[Step, int]:
    """The field or entry that a path leads to first, and how many of its parts that takes.

    Raises:
        UserError: there is none.
    """
    part = path[0]
    if isinstance(node, Mapping):
        return part, 1
    if not isinstance(node, list):
        raise UserError(f"{_said(override)}: at {cut(part)!r} expected no further field.")
    if _POSITION.fullmatch(part) and int(part) < len(node):
        return int(part), 1
    called = list(_names(node))
    for used in range(len(path), 0, -1):  # a label may hold dots
        name = ".".join(path[:used])
        if called.count(name) > 1:
            which = " or ".join(str(place) for place, one in enumerate(called) if one == name)
            raise UserError(
                f"{_said(override)}: several entries are called {cut(name)!r}: give a number, "
                f"{which}."
            )
        if name in called:
            return called.index(name), used
    raise UserError(f"{_said(override)}: at {cut(part)!r} expected {_wanted(part, called)}")


def _names(entries: Sequence[Any]) -> Iterator[str]:
    """What each entry of a list is called: its label, its name, or itself; "" for others."""
    for entry in entries:
        called = entry
        if isinstance(entry, Mapping):
            called = entry.get("label", entry.get("name"))
        yield called if isinstance(called, str) else ""


def _wanted(part: str, called: Sequence[str]) -> str:
    """What may stand for an entry of a list, by what each is called."""
    if not called:
        return "nothing: the list is empty."
    last = len(called) - 1
    numbers = f"a number from 0 to {last}" if last else "0, the list's only entry"
    names = list(filter(None, called))
    return f"{numbers}, or a name. {did_you_mean(part, names)}" if names else f"{numbers}."
