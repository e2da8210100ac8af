"""New prompts from good and bad ones, preferring words that the best have and the worst don't."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from methods.lazy_torch import torch
from methods.parts.template_bank import ADJECTIVES, ARTICLES, ENDINGS, NOUNS

_TOKEN = re.compile(r"\{\}|[^\s{}.,;:!?]+|[.,;:!?]")
_NAME = "{}"
_MOST_WORDS = 15
"""Words of a template at most, as LLM-Opt asks of its proposals (Liu et al., CVPR 2024)."""

T = TypeVar("T")

_PHRASES = (*ARTICLES, *ADJECTIVES, *NOUNS, *ENDINGS)


def edits(best: Sequence[str], worst: Sequence[str], draw: torch.Generator) -> Iterator[str]:
    """Endless edits of the best templates: a word swapped, put in or taken out, or two of them
    joined at the class name.

    What is put in is, half of the time, a word of the best templates that no bad one has; otherwise
    a phrase of the grammar. What is taken out or swapped is, half of the time, a word of the worst
    that no good one has, if there is one. The result has one `{}`, may be no English, and may be a
    template that is already known.
    """
    good, bad = _words(best) - _words(worst), _words(worst) - _words(best)
    while True:
        tokens = _split(_one(best, draw))
        edit = _below(4, draw)
        if edit == 3:
            other = _split(_one(best, draw))
            tokens = tokens[: tokens.index(_NAME)] + other[other.index(_NAME) :]
        else:
            _edit(tokens, edit, sorted(good), bad, draw)
        if len(tokens) <= _MOST_WORDS:
            yield _joined(tokens)


def _edit(
    tokens: list[str], edit: int, good: list[str], bad: set[str], draw: torch.Generator
) -> None:
    """Swaps (0), puts in (1) or takes out (2) a word, in place."""
    places = [i for i, token in enumerate(tokens) if token != _NAME]
    blamed = [i for i in places if tokens[i] in bad]
    taken = blamed if blamed and _below(2, draw) else places
    if edit in (0, 2) and taken:
        place = _one(taken, draw)
        del tokens[place]
    else:
        place = _below(len(tokens) + 1, draw)
    if edit in (0, 1):
        tokens[place:place] = _one(good if good and _below(2, draw) else _PHRASES, draw).split()


def _split(template: str) -> list[str]:
    return _TOKEN.findall(template)


def _joined(tokens: list[str]) -> str:
    return re.sub(r" (?=[.,;:!?])", "", " ".join(tokens))


def _words(templates: Sequence[str]) -> set[str]:
    return {token for one in templates for token in _split(one) if token != _NAME}


def _below(limit: int, draw: torch.Generator) -> int:
    return int(torch.randint(limit, (), generator=draw))


def _one(options: Sequence[T], draw: torch.Generator) -> T:
    return options[_below(len(options), draw)]
