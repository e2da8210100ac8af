"""Text that a service wrote, made fit to be shown: it may hold anything."""

import unicodedata

LONGEST = 300
"""Characters that are shown."""


def shown(text: object, longest: int = LONGEST) -> str:
    """A text in one line, without control characters, cut where it is long."""
    start = str(text)[: 4 * longest]
    printable = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in start)
    line = " ".join(printable.split())
    return line if len(line) <= longest else f"{line[:longest]}..."
