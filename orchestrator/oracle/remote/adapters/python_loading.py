"""Makes the class of a Python adapter of its text."""

import hashlib
import inspect
import sys
import traceback
from dataclasses import dataclass
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from types import CodeType, ModuleType
from typing import TypeGuard

from benchmarks.quoting import brief, cut
from orchestrator.errors import UserError
from orchestrator.oracle.remote.adapters.adapter import Adapter
from orchestrator.oracle.remote.adapters.file import AdapterFile

_KINDS = ("logits", "log_probabilities", "probabilities", "label")


def load_adapter(file: AdapterFile) -> type[Adapter]:
    """The one class in a file that derives from `Adapter`.

    The file's code runs, as that of a program does: it is the user's own.

    Raises:
        UserError: it can't be run, or has no such class, or several.
    """
    module = _module(file)
    found = list({one: None for one in vars(module).values() if _is_adapter(one, module)})
    if len(found) != 1:
        names = ", ".join(one.__name__ for one in found) or "none"
        raise UserError(
            f"the adapter {file.name}: expected one class that derives from "
            f"orchestrator.oracle.remote.adapters.Adapter, got {names}."
        )
    _check(found[0], file)
    return found[0]


def _module(file: AdapterFile) -> ModuleType:
    """The module of a file; among the others of this process, where dataclasses look for it."""
    digest = hashlib.sha256(file.text.encode()).hexdigest()
    loader, name = _Text(file), f"querycurve_adapter_{digest[:16]}"
    spec = spec_from_loader(name, loader)
    if spec is None:  # there is one of any loader; said again for the type checker
        raise UserError(f"the adapter {file.name} can't be loaded.")
    sys.modules[name] = module = module_from_spec(spec)
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        raise UserError(
            f"the adapter {file.name} is no Python: line {error.lineno}: {error.msg}."
        ) from None
    except (Exception, SystemExit) as error:
        raise UserError(f"the adapter {file.name} can't be loaded: {where(error, file)}.") from None
    return module


@dataclass(frozen=True)
class _Text(InspectLoader):
    """Loads a module from a text, as it came with the plan, and not from a file of this machine."""

    file: AdapterFile

    def get_source(self, fullname: str) -> str:
        """The text."""
        del fullname
        return self.file.text

    def get_code(self, fullname: str) -> CodeType:
        """The text's code; tracebacks name the file."""
        del fullname
        return compile(self.file.text, self.file.name, "exec", dont_inherit=True)


def where(error: BaseException, file: AdapterFile) -> str:
    """What went wrong in a file, with the line."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file.name]
    place = f"line {lines[-1]}: " if lines else ""
    return f"{place}{type(error).__name__}: {brief(error)}"


def _is_adapter(value: object, module: ModuleType) -> TypeGuard[type[Adapter]]:
    own = isinstance(value, type) and issubclass(value, Adapter)
    return own and getattr(value, "__module__", "") == module.__name__


def _check(kind: type[Adapter], file: AdapterFile) -> None:
    """Refuses attributes that can't be."""
    name = f"the adapter {file.name}: {kind.__name__}"
    if inspect.isabstract(kind):
        raise UserError(f"{name} needs a method `score(self, images, texts)`.")
    if kind.answers not in _KINDS:
        got = cut(repr(kind.answers))
        raise UserError(f"{name}.answers: expected one of {', '.join(_KINDS)}, got {got}.")
    if kind.top is not None and kind.answers not in ("log_probabilities", "probabilities"):
        raise UserError(f"{name}.top goes with probabilities, not with {kind.answers}.")
    for field in ("image_size", "images_per_call", "most_classes", "top"):
        value = getattr(kind, field)
        optional = value is None and field in ("images_per_call", "top")
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
        if not optional and not whole:
            raise UserError(
                f"{name}.{field}: expected a whole number of 1 or more, got {cut(repr(value))}."
            )
