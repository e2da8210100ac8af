"""What people give in Python - specs, stores, changes - as the command line has it."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.spec.load import SpecSource

SpecGiven = SpecSource | Path
"""A spec: a YAML file, the name of a ready spec, or its fields as a dict."""

Changes = Sequence[str] | Mapping[str, Any]
"""Changes to a spec: `["budget=500"]` as on the command line, or `{"budget": 500}`."""

P = ParamSpec("P")
T = TypeVar("T")


def told_plainly(function: Callable[P, T]) -> Callable[P, T]:
    """Takes passwords out of what a function refuses, and what it called out of the traceback."""

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except UserError as error:
            raise UserError(masked(str(error))) from None

    return called


def spec_source(given: SpecGiven) -> SpecSource:
    """A spec that can be read; of fields, plain lists and values.

    Raises:
        UserError: it is none of what a spec may be.
    """
    if isinstance(given, Mapping):
        return {str(name): _plain(value) for name, value in given.items()}
    if isinstance(given, str | Path):
        return str(given)
    raise UserError(
        f"spec: expected the name of a ready spec, a YAML file or a dict of fields, got "
        f"{type(given).__name__}."
    )


def overrides_of(given: Changes) -> tuple[str, ...]:
    """Changes as `--set` has them.

    Example:
        >>> overrides_of({"budget": 500, "methods.1.clip": None})
        ('budget=500', 'methods.1.clip=null')

    Raises:
        UserError: they are neither texts nor values by field.
    """
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Mapping):
        return tuple(f"{field}={_yaml(value)}" for field, value in given.items())
    if all(isinstance(change, str) for change in given):
        return tuple(given)
    raise UserError('set: expected texts such as "budget=500", or a dict such as {"budget": 500}.')


def _yaml(value: Any) -> str:
    import json

    try:
        return json.dumps(_plain(value))  # which is YAML
    except (TypeError, ValueError):
        raise UserError(f"set: {value!r} is no value that a spec can hold.") from None


def _plain(value: Any) -> Any:
    """A value as YAML would have it: lists for tuples and arrays, numbers for numpy's."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value) if isinstance(value, Path) else value
