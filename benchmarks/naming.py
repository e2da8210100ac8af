"""Suggestions for names that are unknown."""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 60
"""Characters of a name or value that a message repeats."""


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text of at most so many characters: the rest of a longer one is left out."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence with the most similar known names, or with all of them if none is similar."""
    names = list(known)
    # To compare is slow for long texts, and no name is as long.
    near = get_close_matches(name[:200], names, n=3, cutoff=0.5)
    return f"Did you mean: {', '.join(near)}?" if near else f"Known: {', '.join(names)}."
