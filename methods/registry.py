"""Finds methods by name: every concrete `Method` in the modules of this package.

`name@variant` is the same method with other defaults, listed in its class attribute `variants`.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

import methods
from methods.interface import Method

_LONGEST = 60
"""Characters of an unknown name that a message repeats."""


class UnknownMethod(ValueError):
    """A name that no method has; suggests the nearest ones."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown method {name[:_LONGEST]!r}. {_hint(name[:_LONGEST])}")
        self._name = name

    def __reduce__(self) -> tuple[type, tuple[str]]:
        """Exceptions are otherwise made again of their message."""
        return UnknownMethod, (self._name,)


def _hint(name: str) -> str:
    """A sentence with the nearest names, in whatever case and with whatever blanks."""
    plain = name.strip().lower()
    base = plain.partition("@")[0]
    if "@" in plain and base in method_classes():
        known: tuple[str, ...] = (base, *(n for n in variant_names() if n.startswith(f"{base}@")))
    else:
        known = (*method_names(), *variant_names())
    near = [plain] if plain in known else get_close_matches(plain, known, n=3, cutoff=0.5)
    return f"Did you mean: {', '.join(near)}?" if near else f"Known: {', '.join(known)}."


@cache
def method_classes() -> dict[str, type[Method]]:
    """All known methods by name, sorted.

    Example:
        >>> method_classes()["zip"].__name__
        'Zip'
    """
    found: dict[str, type[Method]] = {}
    for info in pkgutil.iter_modules(methods.__path__):
        module = importlib.import_module(f"methods.{info.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, Method) and cls.__module__ == module.__name__ and cls is not Method:
                found[cls.name] = cls
    return dict(sorted(found.items()))


def method_names() -> tuple[str, ...]:
    """Names of all known methods, sorted.

    Example:
        >>> "zip" in method_names()
        True
    """
    return tuple(method_classes())


def method_class(name: str) -> type[Method]:
    """The method called `name`.

    Example:
        >>> method_class("zero_short")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        methods.registry.UnknownMethod: unknown method 'zero_short'. Did you mean: zero_shot...

    Raises:
        UnknownMethod: no method has that name.
    """
    try:
        return method_classes()[name]
    except KeyError:
        raise UnknownMethod(name) from None


def variant_names() -> tuple[str, ...]:
    """Names of all variants, as `name@variant`.

    Example:
        >>> [name for name in variant_names() if name.startswith("bar")]
        ['bar@zip-port']
    """
    return tuple(
        f"{name}@{variant}" for name, kind in method_classes().items() for variant in kind.variants
    )


def method_variant(name: str) -> tuple[type[Method], Mapping[str, Any]]:
    """The method of `name` or `name@variant`, and the defaults that the variant changes.

    Example:
        >>> kind, defaults = method_variant("bar@zip-port")
        >>> kind.name, dict(defaults)
        ('bar', {'decay_epochs': 1000})
        >>> settings = kind.settings_type.model_validate({**defaults, "directions": 3})

    Raises:
        UnknownMethod: no method, or no variant of the method, has that name.
    """
    base, at, variant = name.partition("@")
    if not at:
        return method_class(name), {}
    kind = method_classes().get(base)
    if kind is None or variant not in kind.variants:
        raise UnknownMethod(name)
    return kind, kind.variants[variant]
