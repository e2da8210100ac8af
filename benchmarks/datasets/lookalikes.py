"""Finds what a user may have called otherwise: `DTD` for `dtd`, `Images` for `images`."""

import re
from pathlib import Path

from benchmarks.datasets.looking import contents, present


def lookalike(path: Path) -> Path | None:
    """What lies where a path ends, and differs from it in case, blanks, hyphens and underscores.

    None if nothing does, or several do.

    Raises:
        Unlisted: a folder can't be looked at.
    """
    missing = path
    while not present(missing.parent) and missing.parent != missing:
        missing = missing.parent
    wanted = _squeezed(missing.name)
    found = [name for name, _ in contents(missing.parent) if _squeezed(name) == wanted]
    found = [name for name in found if name != missing.name]  # that is a link that leads nowhere
    return missing.with_name(found[0]) if wanted and len(found) == 1 else None


def _squeezed(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()
