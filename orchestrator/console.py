"""What verbs print with: two consoles, lines and tables."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

NARROWEST = 20


def _width(environment: Mapping[str, str]) -> int | None:
    """The width that COLUMNS asks for if it leaves no room to print; rich takes care of others."""
    given = environment.get("COLUMNS", "")
    return NARROWEST if given.isdecimal() and int(given[:9]) < NARROWEST else None


# Labels, file names and paths may hold brackets, which must not be taken for markup.
output = Console(markup=False, emoji=False, width=_width(os.environ))
errors = Console(markup=False, emoji=False, width=_width(os.environ), stderr=True)


def print_anything() -> None:
    """Lets letters that the terminal's encoding lacks, or that are none, be printed as `?`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: str, style: str = "", console: Console = output) -> None:
    """Prints a line as it is: nothing in it is taken for markup, and only the terminal wraps it."""
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)


def warn(text: str, console: Console = errors) -> None:
    """Says what did not go as it should, but stops nothing."""
    say(text, "yellow", console)


def warn_beside_progress(text: str) -> None:
    """Warns where progress is shown, so that bars stay whole; on stderr where that is hushed."""
    warn(text, errors if output.quiet else output)


@contextmanager
def hushed(console: Console = output, *, on: bool = True) -> Iterator[None]:
    """Prints nothing in the block; with `on=False`, prints also within a block that is hushed."""
    before, console.quiet = console.quiet, on
    try:
        yield
    finally:
        console.quiet = before


def plain_table(*columns: Column | str, title: str | None = None, dense: bool = False) -> Table:
    """A table without frame; `dense` leaves no room between columns."""
    close: dict[str, Any] = {"pad_edge": False, "padding": 0} if dense else {}
    return Table(*columns, title=title, header_style="bold", box=SIMPLE_HEAD, **close)


def counted(count: int, noun: str) -> str:
    """A number with its noun, such as `1 cell` or `1,200 cells`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def duration(seconds: float) -> str:
    """Seconds as a person would say them.

    Example:
        >>> [duration(seconds) for seconds in (40, 720, 12_600)]
        ['40 s', '12 min', '3.5 h']
    """
    if seconds < 99:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
