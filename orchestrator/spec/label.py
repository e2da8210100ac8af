"""What may be a label: a name that tables, charts and MLflow can show."""

import unicodedata

from benchmarks.quoting import cut

LONGEST = 200
"""Characters of a label at most."""

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of whatever follows them."""

_UNSHOWN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


def checked_label(label: str) -> str:
    """The label, if every table and chart can show it on one line.

    Raises:
        ValueError: it can't be shown; says why.
    """
    if not label.strip():
        raise ValueError("is empty: give a name, or leave it out")
    if label != label.strip():
        raise ValueError(f"{cut(repr(label))} begins or ends with a blank")
    for char in label:
        if unicodedata.category(char) in _UNSHOWN or char in _DIRECTIONS:
            raise ValueError(f"{cut(repr(label))} holds U+{ord(char):04X}, which can't be shown")
    if len(label) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters: {cut(repr(label))}")
    return label
