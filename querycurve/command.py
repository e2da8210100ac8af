"""The command `querycurve`, which first makes sure that it runs its own modules."""

import sys
from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
"""The folder of this project's packages."""

ROOMS = ("orchestrator", "methods", "benchmarks", "extensions")


def main() -> None:
    """Runs the command line, unless something else is imported in the place of its modules."""
    hidden = "\n".join(filter(None, map(_hidden, ROOMS)))
    if hidden:
        sys.stderr.write(f"error: {hidden}\n")
        sys.exit(2)
    from orchestrator.cli.main import main as run

    run()


def _hidden(room: str) -> str:
    """What hides a package of this project, and what to do; empty if nothing does."""
    spec = find_spec(room)
    if spec is None:
        return f"querycurve's package {room!r} is not installed: install querycurve again."
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    if any(Path(place).resolve().is_relative_to(HOME / room) for place in places):
        return ""
    return (
        f"{places[0] if places else room} hides querycurve's own package {room!r}, because its "
        f"folder comes first where Python looks for modules. Rename it, or leave its folder out of "
        f"PYTHONPATH; with `python -m`, start in another folder."
    )
