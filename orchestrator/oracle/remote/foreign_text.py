"""Text that a service wrote, made fit to be shown: it may hold anything."""

from benchmarks.quoting import cut, one_line

LONGEST = 300
"""Characters that are shown."""


def shown(text: object, longest: int = LONGEST) -> str:
    """A text in one line, without control characters, cut where it is long."""
    start = str(text)[: 4 * longest]
    return cut(one_line(" ".join(start.split())), longest)
