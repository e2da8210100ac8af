"""querycurve in Python: plan, run, load and compare results, tune a prompt, and use it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.errors import UserError
    from querycurve.prompt import Prompt, load_prompt
    from querycurve.tuning import tune

__all__ = ["Prompt", "UserError", "load_prompt", "tune"]

_WHERE = {
    "Prompt": "querycurve.prompt",
    "UserError": "orchestrator.errors",
    "load_prompt": "querycurve.prompt",
    "tune": "querycurve.tuning",
}
"""Where each name is defined: it is imported when it is first used, as some take seconds."""


def __getattr__(name: str) -> Any:
    """The function or class of a name.

    Raises:
        AttributeError: there is none.
    """
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    """All names, also those that were not used yet."""
    return sorted(__all__)
