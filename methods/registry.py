"""Finds methods by name: every concrete `Method` in the modules of this package, and others' own.

`name@variant` is the same method with other defaults, listed in its class attribute `variants`.
Methods elsewhere are named by their place, `package.module:Class`, or by the short name that their
package's entry point gives them; none of them is imported before it is named.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from extensions.entry_points import Declared, declared, only_one, taken_names
from extensions.fingerprint import code_digest
from extensions.modules import Broken, modules_in
from extensions.reference import Unusable, is_reference, load_class, place_of
from methods.interface import Method, Settings

GROUP = "querycurve.methods"
"""Of the entry points by which packages offer methods."""

_LONGEST = 60
"""Characters of an unknown name that a message repeats."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class UnknownMethod(ValueError):
    """A name that no method has; suggests the nearest ones."""

    def __init__(self, name: str) -> None:
        broken = "".join(f" ({one})" for one in broken_methods())
        super().__init__(f"unknown method {name[:_LONGEST]!r}. {_hint(name[:_LONGEST])}{broken}")
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
        known = (*method_names(), *variant_names(), *declared(GROUP))
    near = [plain] if plain in known else get_close_matches(plain, known, n=3, cutoff=0.5)
    return f"Did you mean: {', '.join(near)}?" if near else f"Known: {', '.join(known)}."


def method_classes() -> dict[str, type[Method]]:
    """All methods of this package that can be imported, by name, sorted.

    Example:
        >>> method_classes()["zip"].__name__
        'Zip'
    """
    return _shipped()[0]


def broken_methods() -> tuple[Broken, ...]:
    """The files of this package that can't be used, and names of other packages' that are taken."""
    return (*_shipped()[1], *taken_names(GROUP, method_classes()))


@cache
def _shipped() -> tuple[dict[str, type[Method]], tuple[Broken, ...]]:
    found: dict[str, type[Method]] = {}
    broken: list[Broken] = []
    for module in modules_in("methods"):
        if isinstance(module, Broken):
            broken.append(module)
            continue
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, Method) and cls.__module__ == module.__name__ and cls is not Method:
                wrong = _lacks(cls)
                if not wrong and found.setdefault(cls.name, cls) is not cls:
                    wrong = f"two methods are called {cls.name!r}: {found[cls.name]} and {cls}"
                if wrong:
                    broken.append(Broken(str(module.__file__), wrong))
    return dict(sorted(found.items())), tuple(broken)


def method_names() -> tuple[str, ...]:
    """Names of all methods of this package, sorted.

    Example:
        >>> "zip" in method_names()
        True
    """
    return tuple(method_classes())


def method_class(name: str) -> type[Method]:
    """The method called `name`, or at the place `name`.

    Example:
        >>> method_class("zero_short")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        methods.registry.UnknownMethod: unknown method 'zero_short'. Did you mean: zero_shot...

    Raises:
        UnknownMethod: no method has that name.
        NotInstalled: it is elsewhere, in a package that isn't here.
        Unusable: what is there can't be used; says what was found.
    """
    kind = method_classes().get(name)
    if kind is not None:
        return kind
    if is_reference(name):
        return _outside(name)
    offered = declared(GROUP).get(name)
    if offered is None:
        raise UnknownMethod(name)
    return _offered(offered)


def variant_names() -> tuple[str, ...]:
    """Names of all variants of this package's methods, as `name@variant`.

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
        Unusable: as `method_class`.
    """
    base, at, variant = name.partition("@")
    if not at:
        return method_class(name), {}
    try:
        kind = method_class(base)
    except UnknownMethod:
        raise UnknownMethod(name) from None
    if variant not in kind.variants:
        if is_shipped(kind):
            raise UnknownMethod(name)
        known = ", ".join(kind.variants) or "none"
        raise Unusable(f"{base} has no variant {variant[:_LONGEST]!r}. Known: {known}")
    return kind, kind.variants[variant]


def is_shipped(kind: type[Method]) -> bool:
    """Whether a method is of this package."""
    return kind.__module__.startswith("methods.")


def cell_name(kind: type[Method]) -> str:
    """What cells call a method: its name, or of one that is elsewhere its place.

    Two methods of the same short name in two packages so have different keys.
    """
    return kind.name if is_shipped(kind) else place_of(kind)


def outside_code(kind: type[Method]) -> str | None:
    """A digest of the code of a method that is elsewhere; None of this package's.

    Those of this package are told apart by their `version` alone, which their pins watch over.
    """
    return None if is_shipped(kind) else code_digest(kind.__module__)


def offered_methods() -> Iterator[tuple[Declared, type[Method] | Broken]]:
    """What installed packages offer, imported, or what is wrong with it."""
    for name, offered in declared(GROUP).items():
        if name in method_classes():
            continue  # told by `broken_methods`
        try:
            yield offered[0], _offered(offered)
        except Unusable as error:
            yield offered[0], Broken(f"{name} of {offered[0].package}", str(error))


def _offered(offered: tuple[Declared, ...]) -> type[Method]:
    """The one class that packages offer under a name.

    Raises:
        Unusable: there are several, or it can't be used.
    """
    first = only_one(offered)
    try:
        kind = _outside(first.reference)
    except Unusable as error:
        raise type(error)(f"{first.name!r} of {first.package} can't be used: {error}") from None
    if kind.name != first.name:
        raise Unusable(
            f"{first.package} offers {first.reference} as {first.name!r}, but its `name` is "
            f"{kind.name!r}: give both the same name"
        )
    return kind


@cache
def _outside(reference: str) -> type[Method]:
    """The method at a place.

    Raises:
        Unusable: it can't be used.
    """
    kind: type[Method] = load_class(reference, Method)
    if is_shipped(kind):
        raise Unusable(f"{reference} is a method of this project: write {kind.name}")
    wrong = _lacks(kind)
    if wrong:
        raise Unusable(f"{reference}: {wrong}")
    if kind.name in method_classes():
        raise Unusable(
            f"{reference} calls itself {kind.name!r}, which is the name of a method of this "
            f"project: choose another"
        )
    return kind


def _lacks(kind: type[Method]) -> str:
    """What a method's class lacks, or has wrong; empty if nothing."""
    name, version = getattr(kind, "name", None), getattr(kind, "version", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"{kind.__name__}.name: expected a name in snake case, got {name!r}"
    if not isinstance(version, int) or isinstance(version, bool):
        return f"{kind.__name__}.version: expected a whole number, got {version!r}"
    settings = getattr(kind, "settings_type", None)
    if not isinstance(settings, type) or not issubclass(settings, Settings):
        return f"{kind.__name__}.settings_type: expected a class that derives from Settings"
    return ""
