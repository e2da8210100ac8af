"""YAML as specs use it: plain values, each field once, and numbers that look like numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from benchmarks.quoting import cut
from orchestrator.reading.yaml_nodes import TAG, NotPlainYaml, check_nodes

__all__ = ["NotPlainYaml", "line_of", "read_yaml", "write_yaml"]


def read_yaml(text: str) -> Any:
    """The mappings, lists, texts, numbers, booleans and nulls of a YAML document.

    Names of fields are texts, however they look (`on` as well as `1`). `1e3` is a number, while
    dates and `12:30` are texts.

    Raises:
        NotPlainYaml: it is not YAML, gives a field twice, or holds anything else.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        resolve: Any = loader.resolve
        check_nodes(node, lambda text: str(resolve(ScalarNode, text, (True, False))))
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise NotPlainYaml(_sentence(error)) from None
    except RecursionError:
        raise NotPlainYaml("lists and mappings are nested too deeply") from None
    finally:
        loader.dispose()


def line_of(text: str, place: Sequence[str]) -> int:
    """The line, from 1, of a value in a YAML document that `read_yaml` takes.

    Args:
        text: the document.
        place: names of fields, and numbers of entries, that lead to the value; what isn't there
            gets the line of what should have held it.
    """
    node = _Loader(text).get_single_node()
    line = 1
    for part in place:
        found = _inside(node, part)
        if found is None:
            break
        line, node = found
    return line


def _inside(node: Node | None, part: str) -> tuple[int, Node] | None:
    """A field or an entry of a node, with its line."""
    if isinstance(node, MappingNode):
        for name, value in node.value:
            if name.value == part:
                return name.start_mark.line + 1, value
    if isinstance(node, SequenceNode) and part.isdigit() and int(part) < len(node.value):
        entry = node.value[int(part)]
        return entry.start_mark.line + 1, entry
    return None


def write_yaml(value: Any) -> str:
    """Plain values as YAML, from which `read_yaml` makes equal ones."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False))


class _Dumper(yaml.SafeDumper):
    """Quotes texts that `read_yaml` would take for numbers, beside those that YAML 1.1 would."""


class _Loader(yaml.SafeLoader):
    """Reads plain words as YAML 1.2 does, where YAML 1.1 takes more of them for something else."""

    def __init__(self, text: str) -> None:
        try:
            super().__init__(text)
        except yaml.reader.ReaderError as error:
            code = f"U+{error.character:04X}"
            raise NotPlainYaml(f"character {error.position + 1} is {code}, no text") from None


_Loader.yaml_implicit_resolvers = {}


def _reads(kind: str, pattern: str, first: str) -> None:
    """Plain words of a pattern, which begin with one of these letters, are of this kind."""
    letters = [*first, *([""] if kind == "null" else [])]
    for reader in (_Loader, _Dumper):
        reader.add_implicit_resolver(f"{TAG}{kind}", re.compile(rf"^(?:{pattern})$"), letters)


_reads(
    "bool",
    r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
    "yYnNtTfFoO",
)
_reads("int", r"[-+]?(0b[01][01_]*|0x[0-9a-fA-F][0-9a-fA-F_]*|[0-9][0-9_]*)", "-+0123456789")
_reads(
    "float",
    r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*(?=[eE]))([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    "-+.0123456789",
)
_reads("null", r"~|null|Null|NULL|", "~nN")


_REMEDIES = {
    r"'\t'": "indent with blanks, not tabs",
    "that cannot start any token": "put quotes around the value",
    "mapping values are not allowed": "is a colon missing above, or is it indented too far?",
    "could not find expected ':'": "a field is `name: value`, with a blank after the colon",
    "quoted scalar": "is a quote not closed?",
    "expected ',' or": "is a bracket not closed?",
    "<block end>": "is it indented like the lines above?",
}
"""What to do about an error of PyYAML, by words of it."""


def _sentence(error: yaml.MarkedYAMLError) -> str:
    """Where and why, without the excerpt."""
    if error.problem == "but found another document":
        return "it holds several documents (---)"
    mark = error.problem_mark or error.context_mark
    what = ", ".join(part for part in (error.context, error.problem) if part)
    remedy = next((f" ({told})" for words, told in _REMEDIES.items() if words in what), "")
    where = "" if mark is None else f"line {mark.line + 1}: "
    return f"{where}{cut(what, 160)}{remedy}"
