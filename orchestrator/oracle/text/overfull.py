"""A text that is longer than the model's context: the same words in a plan and in a run."""

from orchestrator.errors import UserError


def overfull(text: str, length: int) -> UserError:
    """The error about a text that doesn't fit a context of `length` tokens."""
    return UserError(
        f"the text {text!r} overfills the model's context of {length} tokens, so its end would be "
        f"cut off. Shorten the class name or the template."
    )
