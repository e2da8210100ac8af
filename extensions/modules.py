"""Imports the modules of a package one by one, so that a broken one takes no other with it."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType

from extensions.reference import why_not_imported


@dataclass(frozen=True)
class Broken:
    """Something that can't be used, beside others that can.

    Attributes:
        what: the file, or the name with its package.
        why: what is wrong with it.
    """

    what: str
    why: str

    def __str__(self) -> str:
        return self.why if self.what in self.why else f"{self.what}: {self.why}"


def modules_in(package: str) -> Iterator[ModuleType | Broken]:
    """A package and each of its modules, or what is wrong with it."""
    home = _imported(package)
    yield home
    for info in pkgutil.iter_modules(getattr(home, "__path__", [])):
        yield _imported(f"{package}.{info.name}")


def _imported(name: str) -> ModuleType | Broken:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        spec = find_spec(name)
        file = name if spec is None or spec.origin is None else spec.origin
        return Broken(file, why_not_imported(error, file))
