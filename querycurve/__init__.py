"""querycurve in Python: plan, run, load and compare results, tune a prompt, and use it.

What it offers is loaded when it is first used, so that `import querycurve` takes no time, and so
that results are read without Ray or torch. For example:

    import querycurve as qc

    results = qc.load("results", spec="demo")
    results.cells.groupby("label").accuracy.mean()
    qc.curve(results, "pocket_dots")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.errors import UserError
    from querycurve.figures import Figure, compare, curve
    from querycurve.planning import Planned, plan
    from querycurve.prompt import Prompt, load_prompt
    from querycurve.results import Results, load
    from querycurve.running import Interrupted, run
    from querycurve.tuning import tune

_WHERE = {
    "Figure": "querycurve.figures",
    "Interrupted": "querycurve.running",
    "Planned": "querycurve.planning",
    "Prompt": "querycurve.prompt",
    "Results": "querycurve.results",
    "UserError": "orchestrator.errors",
    "compare": "querycurve.figures",
    "curve": "querycurve.figures",
    "load": "querycurve.results",
    "load_prompt": "querycurve.prompt",
    "plan": "querycurve.planning",
    "run": "querycurve.running",
    "tune": "querycurve.tuning",
}
"""The module of each name; none may be called as a name is, whose place it would take."""

__all__ = [
    "Figure",
    "Interrupted",
    "Planned",
    "Prompt",
    "Results",
    "UserError",
    "compare",
    "curve",
    "load",
    "load_prompt",
    "plan",
    "run",
    "tune",
]


def __getattr__(name: str) -> Any:
    """What has that name, loaded when it is first asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_WHERE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """What it offers, for those who complete names."""
    return sorted({*globals(), *__all__})
