"""Classes outside of this project, which specs name by their place: `package.module:Class`."""

import importlib
import inspect
import os
import re
import sys
import traceback
from difflib import get_close_matches
from types import ModuleType
from typing import Any

_REFERENCE = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*)")
_LONGEST = 200
"""Characters of a reason or a name that a message shows."""


class Unusable(ValueError):
    """Something of a user's own that can't be used: what it is, what is wrong, what to do."""


class NotInstalled(Unusable):
    """No module of that name is here at all."""


def is_reference(name: str) -> bool:
    """Whether a name is a place, `package.module:Class`, rather than a short name."""
    return ":" in name


def load_class(reference: str, base: type) -> Any:
    """The class at a place.

    Its module is imported: it is a program of the user's own. Where no package has it, it is
    looked for in the working folder, which comes last, so that nothing there hides anything.

    Args:
        reference: such as `package.module:Class`.
        base: what it must derive from.

    Raises:
        NotInstalled: there is no such module.
        Unusable: the module can't be imported, has no such class, or it is of another kind; or it
            is the program that runs, which isn't known by name elsewhere.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise Unusable(f"expected package.module:Class, got {_cut(reference)!r}")
    if found[1] == "__main__":
        raise Unusable(
            f"{reference}: what a notebook or the started script defines can't be told from its "
            f"other versions: write it into a file of its own, such as mine.py, and name "
            f"mine:{found[2]}"
        )
    module = _module(found[1], reference)
    value = getattr(module, found[2], None)
    wanted = f"a class that derives from {base.__module__}.{base.__name__}"
    if value is None:
        names = [name for name, one in vars(module).items() if _derives(one, base)]
        near = get_close_matches(found[2], names, n=1, cutoff=0.5) or names[:3]
        hint = f"Did you mean: {', '.join(near)}?" if near else f"It has none: expected {wanted}."
        raise Unusable(f"{reference}: {_file(module)} has no {found[2]}. {hint}")
    if not _derives(value, base):
        raise Unusable(f"{reference}: expected {wanted}, got {_kind_of(value)}")
    if inspect.isabstract(value):
        needed = ", ".join(sorted(value.__abstractmethods__))
        raise Unusable(f"{reference}: the class lacks {needed}")
    return value


def place_of(kind: type) -> str:
    """The place of a class, by which it can be imported anywhere."""
    return f"{kind.__module__}:{kind.__name__}"


def why_not_imported(error: BaseException, file: str) -> str:
    """What went wrong while a file was imported, with its line."""
    if isinstance(error, SyntaxError) and error.filename:
        return _cut(f"{error.filename}, line {error.lineno}: {error.msg}")
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename == file]
    told = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return _cut(f"{file}, line {inside[-1].lineno}: {told}" if inside else f"{file}: {told}")


def _module(name: str, reference: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not _is_above(error.name, name):
            raise _broken(reference, name, error) from None
    except (Exception, SystemExit) as error:
        raise _broken(reference, name, error) from None
    return _from_working_folder(name, reference)


def _from_working_folder(name: str, reference: str) -> ModuleType:
    """A module that no package has, if the working folder has it."""
    here = os.getcwd()  # noqa: PTH109 - as sys.path has it
    if here not in sys.path:
        sys.path.append(here)
        importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if _is_above(error.name, name):
            raise NotInstalled(
                f"{reference}: no module {error.name!r} is installed, nor is it in {here}. Install "
                f"its package, on a cluster on every node, or run from the folder that holds it"
            ) from None
        raise _broken(reference, name, error) from None
    except (Exception, SystemExit) as error:
        raise _broken(reference, name, error) from None


def _is_above(missing: str | None, name: str) -> bool:
    """Whether a module that is missing is the one that was asked for, or a package of it."""
    return missing is not None and f"{name}.".startswith(f"{missing}.")


def _broken(reference: str, name: str, error: BaseException) -> Unusable:
    frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    inside = [f for f in frames if f != __file__ and "importlib" not in f]
    why = why_not_imported(error, inside[-1] if inside else name)
    return Unusable(f"{reference}: its module can't be imported: {why}")


def _derives(value: object, base: type) -> bool:
    return isinstance(value, type) and issubclass(value, base) and value is not base


def _kind_of(value: object) -> str:
    if isinstance(value, type):
        parents = ", ".join(one.__name__ for one in value.__bases__)
        return f"a class that derives from {parents}"
    return f"a value of the type {type(value).__name__}"


def _file(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or module.__name__


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
