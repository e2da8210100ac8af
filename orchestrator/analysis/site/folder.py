"""The folder of a site: a new or empty one, or that of an earlier site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from orchestrator.analysis.site.page import GENERATOR
from orchestrator.errors import UserError

INDEX = "index.html"

_BEGUN = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="generator" content="{GENERATOR}">
<title>Being written</title>
<p>This site is being written. If that was interrupted, the same command writes it anew.</p>
</html>
"""

_HEAD = 4096
"""Bytes of a page within which it says what has made it."""


def check_folder(folder: Path) -> None:
    """Refuses a folder with anything that no site has written; hidden files don't count.

    Raises:
        UserError: it is no folder, can't be read, or holds something else.
    """
    try:
        names = (path.name for path in folder.iterdir())
        found = sorted(name for name in names if not name.startswith("."))
        if not found or _is_site(folder):
            return
    except FileNotFoundError:
        return
    except OSError as error:
        reason = "it is no folder" if isinstance(error, NotADirectoryError) else error.strerror
        raise UserError(f"no site can be written to {folder}: {reason}.") from None
    raise UserError(
        f"{folder} holds {found[0]} and is no earlier site: give a new or empty folder, so that "
        f"nothing is mixed with the site or lost."
    )


def begin(folder: Path) -> None:
    """Makes the folder, so that one that is left half written is known as a site.

    Raises:
        OSError: it can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).write_text(_BEGUN, encoding="utf-8")


def unlinked(folder: Path, names: Iterable[str]) -> list[str]:
    """Reports of an earlier site that this one doesn't have.

    Raises:
        OSError: the folder can't be read.
    """
    known = set(names)
    pages = folder.glob("*/report.html")
    return sorted(page.parent.name for page in pages if page.parent.name not in known)


def unique_names(names: Sequence[str]) -> list[str]:
    """Names with numbers after those that came before; also where case doesn't matter.

    Example:
        >>> unique_names(["demo", "Demo", "demo-2", "small"])
        ['demo', 'Demo-3', 'demo-2', 'small']
    """
    taken = {name.casefold() for name in (INDEX, "leaderboard.csv")}
    wanted = {name.casefold() for name in names}
    found = []
    for name in names:
        chosen, number = name, 1
        while chosen.casefold() in taken or (number > 1 and chosen.casefold() in wanted):
            number += 1
            chosen = f"{name}-{number}"
        taken.add(chosen.casefold())
        found.append(chosen)
    return found


def _is_site(folder: Path) -> bool:
    try:
        with (folder / INDEX).open("rb") as file:
            return f'content="{GENERATOR}"'.encode() in file.read(_HEAD)
    except (FileNotFoundError, IsADirectoryError):
        return False
