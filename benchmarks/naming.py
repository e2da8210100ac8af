"""Suggestions for names that are unknown."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 200
"""Characters that are compared: that is slow for long texts, and no name is as long."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence with the most similar known names, or with all of them if none is similar.

    Names that differ only in upper and lower case, or in `-` and `_`, are the only suggestion.

    Example:
        >>> did_you_mean("DTD", ["dtd", "eurosat"])
        'Did you mean: dtd?'
    """
    names = list(known)
    near = nearest(name, names)
    return f"Did you mean: {', '.join(near)}?" if near else f"Known: {', '.join(names)}."


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that are most similar, three at most; none if none is similar."""
    return _near(name[:_LONGEST], list(known))


def _near(name: str, known: list[str]) -> list[str]:
    spelt = [other for other in known if _plain(other) == _plain(name)]
    if spelt:
        return spelt
    plain: dict[str, str] = {}
    for other in known:
        plain.setdefault(_plain(other), other)
    return [plain[near] for near in get_close_matches(_plain(name), plain, n=3, cutoff=0.5)]


def _plain(name: str) -> str:
    """A name as people may spell it otherwise."""
    return name.strip().casefold().replace("-", "_").replace(" ", "_")
