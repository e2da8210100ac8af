"""Finds methods by name: every concrete `Method` in the modules of this package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from difflib import get_close_matches
from functools import cache

import methods
from methods.interface import Method


class UnknownMethod(ValueError):
    """A name that no method has; suggests the nearest ones."""

    def __init__(self, name: str) -> None:
        near = get_close_matches(name, method_names(), n=3, cutoff=0.5)
        hint = (
            f"Did you mean: {', '.join(near)}?" if near else f"Known: {', '.join(method_names())}."
        )
        super().__init__(f"unknown method {name!r}. {hint}")


@cache
def method_classes() -> dict[str, type[Method]]:
    """All known methods by name."""
    found: dict[str, type[Method]] = {}
    for info in pkgutil.iter_modules(methods.__path__):
        module = importlib.import_module(f"methods.{info.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, Method) and hasattr(cls, "name"):
                found[cls.name] = cls
    return dict(sorted(found.items()))


def method_names() -> tuple[str, ...]:
    """Names of all known methods, sorted."""
    return tuple(method_classes())


def method_class(name: str) -> type[Method]:
    """The method called `name`.

    Raises:
        UnknownMethod: no method has that name.
    """
    try:
        return method_classes()[name]
    except KeyError:
        raise UnknownMethod(name) from None
