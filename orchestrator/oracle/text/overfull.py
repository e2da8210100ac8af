"""A text that is longer than the model's context: the same words in a plan and in a run."""

from benchmarks.quoting import cut
from orchestrator.errors import UserError

LONGEST = 120
"""Characters of the text that the message shows."""


def overfull(text: str, length: int) -> UserError:
    """The error about a text that doesn't fit a context of `length` tokens."""
    return UserError(
        f"the text {cut(text, LONGEST)!r} overfills the model's context of {length} tokens, so its "
        f"end would be cut off. Shorten the class name or the template."
    )
