"""What the verb `methods` shows: every method with its variants, access, origin and one line."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Column

from extensions.modules import Broken
from methods.interface import Access, Method
from methods.registry import broken_methods, method_classes, offered_methods
from orchestrator.analysis.access import group_title, hardness, marked
from orchestrator.analysis.access_table import access_notes
from orchestrator.cli.broken import tell
from orchestrator.console import output, plain_table, say

_PAPER = re.compile(r"\s*\(([^()]*\d{4}[^()]*)\)$")
"""Venue and year in brackets at the end of the first line of a module."""


@dataclass(frozen=True)
class Listed:
    """A method as it is listed.

    Attributes:
        name: what a spec calls it; with its variant, if that needs other access than the method.
        variants: names of its variants that need the same access.
        access: what it needs of a black box, with its default settings.
        summary: what it is, in a line.
        paper: where it was published; empty if its module doesn't say.
        package: the package that it comes from; empty of this project's own.
    """

    name: str
    variants: tuple[str, ...]
    access: Access
    summary: str
    paper: str
    package: str = ""


def show_methods() -> None:
    """A table of all methods by what they need, then what each is."""
    listed = sorted(all_methods(), key=lambda one: (hardness(one.access), one.name))
    columns = (Column(name, overflow="fold") for name in ("variants", "access", "paper"))
    table = plain_table(Column("method", no_wrap=True), *columns)
    table.pad_edge = False
    for one in listed:
        name = marked(one.name, one.access)
        table.add_row(name, ", ".join(one.variants), group_title(one.access), one.paper)
    output.print(table)
    for note in access_notes({one.name: one.access for one in listed}):
        say(note)
    for one in listed:
        say(f"{one.name}: {one.summary}{f' (of {one.package})' if one.package else ''}")
    for name, broken in _broken():
        say(f"{name}: can't be used: {broken}")
    say("A variant is METHOD@VARIANT in a spec: the same method with other defaults.")
    say("A method of your own is package.module:Class in a spec; `querycurve new method NAME`.")
    tell(broken_methods())


def all_methods() -> Iterator[Listed]:
    """Every method; variants that need other access than the method stand for themselves.

    Those that installed packages offer come last.
    """
    every = [(name, kind, "") for name, kind in method_classes().items()]
    for offered, found in offered_methods():
        if not isinstance(found, Broken):
            every.append((offered.name, found, offered.package))
    for name, kind, package in every:
        access = _access(kind, {})
        summary, paper = described(name, inspect.getdoc(sys.modules[kind.__module__]) or "")
        same = [v for v, defaults in kind.variants.items() if _access(kind, defaults) == access]
        yield Listed(name, tuple(same), access, summary, paper, package)
        for variant, defaults in kind.variants.items():
            if variant not in same:
                its = _access(kind, defaults)
                yield Listed(f"{name}@{variant}", (), its, f"a variant of {name}", paper, package)


def _broken() -> Iterator[tuple[str, Broken]]:
    """What installed packages offer and can't be used."""
    for offered, found in offered_methods():
        if isinstance(found, Broken):
            yield offered.name, found


def described(name: str, text: str) -> tuple[str, str]:
    """What a method is, and its paper, from the first paragraph of its module's docstring.

    Example:
        >>> described("bptvlm", "BPT-VLM: tuning of both towers (Yu et al., IJCAI 2023).")
        ('tuning of both towers', 'Yu et al., IJCAI 2023')
    """
    first = " ".join(text.split("\n\n", maxsplit=1)[0].split()).removesuffix(".")
    found = _PAPER.search(first)
    summary, paper = (first, "") if found is None else (first[: found.start()], found[1])
    title, colon, rest = summary.partition(": ")
    return (rest if colon and _letters(title) == _letters(name) else summary), paper


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _access(kind: type[Method], defaults: Mapping[str, Any]) -> Access:
    return kind.access(kind.settings_type.model_validate(dict(defaults)))
