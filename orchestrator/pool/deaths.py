"""What people are told of an actor that died: Ray's own words are pages long."""

import re

from ray.exceptions import OutOfMemoryError, RayError

from orchestrator.errors import last_line

_IN_USE = re.compile(r"was (\S+) used / (\S+) limit")
_NO_WORD = "unexpectedly exits with a connection error"
"""What Ray writes of a process that was gone before it could say anything."""


def how_it_died(error: RayError) -> str:
    """How an actor died, and what can be done about it, in a line."""
    text = str(error)
    if isinstance(error, OutOfMemoryError):
        found = _IN_USE.search(text)
        amounts = f" ({found[1]} of {found[2]} in use)" if found else ""
        return (
            f"the memory of its node ran out{amounts}, so Ray ended it. Run fewer actors at once "
            f"with --actors, or give the node more memory"
        )
    if _NO_WORD in text:
        return (
            "its process was killed, perhaps because memory ran out, or it crashed. If this "
            "happens again, run fewer actors at once with --actors"
        )
    return last_line(error)
