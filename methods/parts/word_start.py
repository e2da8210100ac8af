"""Soft contexts that start from the token embeddings of words."""

from methods.interface import Problem, SettingsError
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import check_context, shown


def word_tokens(problem: Problem, words: str, context_tokens: int | None) -> int:
    """Number of soft tokens T of a context that starts from words.

    Args:
        problem: looks up the words.
        words: where the context starts; empty for no words.
        context_tokens: tokens asked for; None takes as many as the words have.

    Raises:
        SettingsError: no or too many tokens, or fewer than the words have; or the black box takes
            no soft context.
    """
    if words and problem.words is None:
        raise SettingsError("this black box takes no soft context. Use a method of another access")
    needed = problem.words.count(words) if words and problem.words else 0
    tokens = needed if context_tokens is None else context_tokens
    if not tokens:
        raise SettingsError("without words, context_tokens must say how many soft tokens there are")
    if tokens < needed:
        raise SettingsError(
            f"context_tokens must be at least {needed}, for so many tokens has {shown(words)}, "
            f"but got {tokens}"
        )
    check_context(tokens, problem.space)
    return tokens


def word_start(problem: Problem, words: str, context_tokens: int | None) -> Tensor:
    """The context `(T, D)` to start from: the words' token embeddings, which is no query.

    Tokens beyond those of the words stand before them, at 0.

    Raises:
        SettingsError: see `word_tokens`.
    """
    start = torch.zeros(word_tokens(problem, words, context_tokens), problem.space.text_width)
    if words:
        embedded = problem.word_context(words)
        start[len(start) - len(embedded) :] = embedded
    return start
