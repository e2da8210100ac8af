"""Tables of the fields of pydantic models, made when the site is built.

`<!-- fields of MODULE:CLASS -->` becomes a table of field, what it takes, default and meaning; the
meaning is what the docstring says under `Attributes:`. `<!-- settings of all methods -->` becomes a
section for each method.
"""

import importlib
import inspect
import json
import re
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from methods.registry import method_classes
from orchestrator.cli.methods import described

_FIELDS = re.compile(r"^<!-- fields of (\S+):(\S+) -->$", re.MULTILINE)
_METHODS = "<!-- settings of all methods -->"
_ATTRIBUTE = re.compile(r"^(\w+): ")
_HIDDEN = frozenset({"own_datasets"})
"""Fields that users give in another way; their docstrings say how."""

_ELSEWHERE = {
    "MethodSpec": "a name, or [a mapping](#methods)",
    "AblationSpec": "[a mapping](#ablation)",
    "Backbone": "a name, or [a mapping](#backbone)",
    "Answers": "a word, or [a mapping](#answers)",
    "Evaluation": "[a mapping](#evaluation)",
    "ReportSpec": "[a mapping](#report)",
    "SearchSpec": "[a mapping](#search)",
    "PrunerSpec": "a name, or [a mapping](#searchpruner)",
    "Dimension": "[a mapping](#dimension)",
    "PriceSpec": "[a mapping](#price)",
    "ReportPriceSpec": "[a mapping](#report-price)",
}
"""Models that have a section of their own on the page of specs."""
_OWN_WORDS = {("Spec", "datasets"): "a list, each a name or [a mapping](#datasets)"}
"""What fields take where their type doesn't say it."""
_NO_BOUND = 10**9
"""Bounds from here on guard against slips, and are no news to anybody."""

_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Puts the tables where a page asks for them."""
    if _METHODS in markdown:
        markdown = markdown.replace(_METHODS, "\n".join(_all_methods()))
    return _FIELDS.sub(lambda found: _table(_model(*found.groups())), markdown)


def _model(module: str, name: str) -> type[BaseModel]:
    model = getattr(importlib.import_module(module), name)
    assert issubclass(model, BaseModel)
    return model


def _table(model: type[BaseModel]) -> str:
    meanings = _meanings(model)
    rows = ["| field | what it takes | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        if name not in _HIDDEN:
            default = _default(field)
            takes = _OWN_WORDS.get((model.__name__, name)) or _words(
                field.annotation, field.metadata
            )
            rows.append(f"| `{name}` | {takes} | {default} | {_cell(meanings.get(name, ''))} |")
    return "\n".join(rows) if len(rows) > 2 else "It has no settings."


def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """What docstrings say of the fields, of the model's own and its parents'."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        text = inspect.cleandoc(kind.__dict__.get("__doc__") or "")
        _, _, section = text.partition("Attributes:\n")
        name = ""
        for line in inspect.cleandoc(section).splitlines() if section else ():
            start = _ATTRIBUTE.match(line)
            if start:
                name = start.group(1)
                found[name] = line[start.end() :]
            elif name and line.startswith("    "):
                found[name] += " " + line.strip()
            elif line.strip():
                break  # another section
    return found


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return ""
    if isinstance(value, BaseModel):
        return "its defaults"
    if value is None or value == ():
        return "none"
    plain = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"`{plain}`"


def _words(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> str:
    """A type in words, as somebody who writes YAML thinks of it."""
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _words(parts[0], (*parts[1:], *metadata))
    if parts:
        return _composed(get_origin(annotation), parts, metadata)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _ELSEWHERE[annotation.__name__]
    return _PLAIN.get(annotation, "any value") + _limits(metadata)


def _composed(origin: Any, parts: tuple[Any, ...], metadata: list[Any] | tuple[Any, ...]) -> str:
    """A type that is made of others."""
    if origin is Literal:
        return _either([f"`{value}`" for value in parts])
    if origin in (Union, types.UnionType):
        kinds = [part for part in parts if part is not type(None)]
        words = list(dict.fromkeys(_words(kind, metadata) for kind in kinds))
        return _either([*words, *(["none"] if len(kinds) < len(parts) else [])])
    if issubclass(origin, Mapping):
        return f"a mapping, each {_words(parts[1])}"
    return f"a list, each {_words(parts[0])}"


def _limits(metadata: list[Any] | tuple[Any, ...]) -> str:
    """Bounds of a number, in words."""
    said = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}
    found: list[str] = []
    for one in _flat(metadata):
        for bound, words in said.items():
            value = getattr(one, bound, None)
            if value is not None and value < _NO_BOUND:
                found.append(words.format(f"{value:,}"))
    return f", {' and '.join(found)}" if found else ""


def _flat(metadata: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    for one in metadata:
        yield from _flat(tuple(one.metadata)) if isinstance(one, FieldInfo) else (one,)


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _all_methods() -> Iterator[str]:
    for name, kind in method_classes().items():
        about = inspect.getdoc(sys.modules[kind.__module__]) or ""
        summary, paper = described(name, about)
        yield f"## `{name}` {{ #{name} }}\n"
        yield f"{summary[:1].upper()}{summary[1:]}{f' ({paper})' if paper else ''}.\n"
        yield _table(kind.settings_type) + "\n"
        for variant, values in kind.variants.items():
            changed = ", ".join(f"`{field}: {json.dumps(v)}`" for field, v in values.items())
            yield f"- `{name}@{variant}`: {changed or 'the same settings'}"
        yield ""
