"""What several methods refuse, in the same words."""

from __future__ import annotations

from torch import Tensor

from methods.interface import PromptSpace, SettingsError


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


def check_parameters(stored: Tensor, needed: Tensor, owner: str) -> None:
    """Refuses stored parameters of another shape.

    Args:
        stored: parameters of any shape.
        needed: parameters `(N,)` that the settings ask for.
        owner: the method's name.

    Raises:
        SettingsError: the shapes differ.
    """
    if stored.shape != needed.shape:
        raise SettingsError(
            f"the stored {owner} state has parameters of shape {tuple(stored.shape)}, but these "
            f"settings need {tuple(needed.shape)}"
        )
