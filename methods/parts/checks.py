"""What several methods refuse, in the same words."""

from typing import Annotated

from pydantic import Field

from methods.interface import PromptSpace, SettingsError, State
from methods.lazy_torch import Tensor

Dimension = Annotated[int, Field(ge=1, le=10_000)]
"""Numbers per point of a search. CMA-ES keeps square matrices of them: 800 MB each at the limit."""

_LONGEST = 80
"""Characters of a user's text that a message repeats."""


def shown(text: str) -> str:
    """A user's text in quotes, cut to what a message has room for."""
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")


def check_context(tokens: int, space: PromptSpace) -> None:
    """Refuses more soft context tokens than fit.

    Raises:
        SettingsError: `tokens` is above `space.context_tokens`.
    """
    if tokens > space.context_tokens:
        raise SettingsError(
            f"context_tokens must be at most {space.context_tokens}: no more fit beside the "
            f"longest class name, but got {tokens}"
        )


def stored_parameters(state: State, needed: Tensor, owner: str) -> Tensor:
    """A copy of a state's parameters, `(N,)` like those that the settings of `owner` need.

    Raises:
        SettingsError: they have another shape.
    """
    stored = state.tensors["parameters"]
    if stored.shape != needed.shape:
        raise SettingsError(
            f"the stored {owner} state has parameters of shape {tuple(stored.shape)}, but these "
            f"settings need {tuple(needed.shape)}"
        )
    return stored.clone()
