"""Suggestions for names that are unknown."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence with the most similar known names, or with all of them if none is similar."""
    names = list(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    return f"Did you mean: {', '.join(near)}?" if near else f"Known: {', '.join(names)}."
