"""The specs that come with the project."""

from pathlib import Path

SPECS = Path(__file__).parents[2] / "benchmarks" / "specs"


def ready_specs() -> tuple[str, ...]:
    """Their names, sorted."""
    return tuple(sorted(path.stem for path in SPECS.glob("*.yaml")))
