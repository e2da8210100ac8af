"""Labels as people and programs write them: 3, "3", 3.0."""

import math
import re

_WHOLE = re.compile(r"([0-9]{1,9})(\.0*)?", re.ASCII)


def is_blank(value: object) -> bool:
    """Whether a cell of a table is empty: no value, blanks, or NaN, as pandas writes it."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def whole_number(value: object) -> int | None:
    """A label from 0, of up to nine digits; None if the value is no such number.

    Other scripts have digits of their own, of which `int` reads some and `str.isdigit` accepts more
    ("²"): a label has those from 0 to 9 alone. Pandas writes whole numbers with ".0" where a column
    has gaps.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() and 0 <= value < 10**9 else None
    if isinstance(value, int):
        return value if 0 <= value < 10**9 else None
    found = _WHOLE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found[1]) if found else None
