"""Class names that differ, but give one prompt."""

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence

from benchmarks.datasets.interface import DatasetError
from benchmarks.quoting import cut

MOST = 8
"""Names that a message shows; it counts the rest."""

_CODE = re.compile(r"n?[0-9]+")


def plain(name: str) -> str:
    """A name without what doesn't tell classes apart: case, blanks, underscores, ways of writing.

    Text towers see lower case, single blanks and composed letters, and for the rest what `_cleaned`
    leaves.
    """
    words = unicodedata.normalize("NFC", _cleaned(name)).replace("_", " ")
    visible = (letter for letter in words if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", " ".join("".join(visible).casefold().split()))


def _cleaned(name: str) -> str:
    """A name as CLIP's tokenizers clean it: quotes made straight, letters of full width narrow,
    ligatures and HTML entities resolved."""
    if not name.isascii():
        import ftfy  # slow to load, and few names need it

        name = ftfy.fix_text(unicodedata.normalize("NFC", name))
    return html.unescape(html.unescape(name))


def alike(names: Sequence[str]) -> list[tuple[int, ...]]:
    """Groups of places in `names` that hold one name, however it is spelled."""
    groups: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        groups.setdefault(plain(name), []).append(place)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def refuse_alike(names: Sequence[str], where: str) -> None:
    """Refuses names of classes that give one prompt.

    Args:
        names: one a class, as the user spells them.
        where: says what names them.

    Raises:
        DatasetError: two are alike; shows both.
    """
    for first, second, *_ in alike(names):
        raise DatasetError(
            f"{where}: {both(names[first], names[second])} are two classes with one prompt. Merge "
            f"them, or give them names that differ in more than case, blanks and underscores."
        )


def one_form(names: Iterable[str]) -> dict[str, str]:
    """Each name in the one form that it is used in, by how it is written.

    That is the form it is written in, unless others write the same letters in another normal form:
    what macOS unpacks has its accents apart, what Linux and Windows write has not.
    """
    written: dict[str, set[str]] = {}
    for name in names:
        written.setdefault(unicodedata.normalize("NFC", name), set()).add(name)
    return {
        name: name if len(spelled) == 1 else composed
        for composed, spelled in written.items()
        for name in spelled
    }


def named_by_codes(names: Sequence[str]) -> tuple[str, ...]:
    """A note on classes of which all are called by a number, as WordNet's; else none."""
    if not all(map(_CODE.fullmatch, names)):
        return ()
    return (f"its classes are called by numbers, and prompts say so too: {shown(names)}",)


def both(first: str, second: str) -> str:
    """Two names beside each other, so that the difference is seen."""
    form = unicodedata.normalize
    same_to_the_eye = form("NFC", first) == form("NFC", second) and first != second
    spell = ascii if same_to_the_eye else repr
    return f"{spell(cut(first))} and {spell(cut(second))}"


def shown(names: Iterable[str]) -> str:
    """Names for a message: the first ones, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - MOST} more" if len(every) > MOST else ""
    return ", ".join(every[:MOST]) + more
