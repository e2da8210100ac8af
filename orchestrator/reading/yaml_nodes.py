"""Checks a YAML document before values are made of it: it must be plain, and each field once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from benchmarks.quoting import cut

MOST_VALUES = 100_000
"""Values of a document with all its aliases written out. A few lines can stand for billions."""

MOST_DIGITS = 30
"""Digits of a whole number."""

TAG = "tag:yaml.org,2002:"
_MERGE = f"{TAG}merge"
_OCTAL = re.compile(r"[-+]?0[0-9_]+")


class NotPlainYaml(ValueError):
    """A text that is no YAML, or more than plain YAML; says what in one sentence, and the line."""


def check_nodes(root: Node, kind_of: Callable[[str], str]) -> None:
    """Checks every node of a document, and makes the names of all fields texts.

    Args:
        root: the document.
        kind_of: the tag that a plain word has without one of its own.

    Raises:
        NotPlainYaml: a field is given twice, a tag makes more than plain values, a number is too
            long or may be octal, or aliases stand for too much.
    """
    _check_size(root)
    for node in _nodes_in(root):
        _check(node, kind_of)


def _check_size(node: Node) -> None:
    """Refuses aliases that stand for too much, or for themselves."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: Node) -> int:
        place = id(node)
        if place in open_nodes:
            raise NotPlainYaml(f"line {_line(node)}: an alias stands for what it is a part of")
        if place not in sizes:
            open_nodes.add(place)
            sizes[place] = 1 + sum(size(inner) for inner in _inner(node))
            open_nodes.remove(place)
            if sizes[place] > MOST_VALUES:
                raise NotPlainYaml(f"it stands for more than {MOST_VALUES:,} values")
        return sizes[place]

    size(node)


def _nodes_in(node: Node) -> Iterator[Node]:
    """The node and all below, each once."""
    seen, waiting = set[int](), [node]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += reversed(list(_inner(node)))


def _inner(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, SequenceNode):
        yield from node.value


def _check(node: Node, kind_of: Callable[[str], str]) -> None:
    """Refuses what is not plain, and makes the names of a mapping's fields texts."""
    if isinstance(node, MappingNode):
        _check_names(node)
        plain = node.tag == f"{TAG}map"
    elif isinstance(node, SequenceNode):
        plain = node.tag == f"{TAG}seq"
    else:
        resolved = kind_of(node.value)
        plain = node.tag in (f"{TAG}str", _MERGE, resolved)
    if not plain:
        tag = cut(node.tag.replace(TAG, "!!"))
        raise NotPlainYaml(f"line {_line(node)}: the tag {tag!r} has no place here")
    if isinstance(node, ScalarNode) and node.tag == f"{TAG}int":
        _check_digits(node)


def _check_digits(node: ScalarNode) -> None:
    if len(node.value) > MOST_DIGITS:
        raise NotPlainYaml(f"line {_line(node)}: a number has more than {MOST_DIGITS} digits")
    if _OCTAL.fullmatch(node.value):
        raise NotPlainYaml(
            f"line {_line(node)}: some programs read {node.value} as an octal number: write it "
            f"without the leading zero"
        )


def _check_names(node: MappingNode) -> None:
    lines: dict[str, int] = {}
    for name, _ in node.value:
        if not isinstance(name, ScalarNode):
            raise NotPlainYaml(f"line {_line(name)}: a field's name must be a word")
        if name.value in lines:
            first, second = lines[name.value], _line(name)
            where = f"line {first}" if first == second else f"lines {first} and {second}"
            raise NotPlainYaml(f"{cut(name.value)!r} is given twice, in {where}")
        lines[name.value] = _line(name)
        name.tag = _MERGE if name.value == "<<" and name.style is None else f"{TAG}str"


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
