"""Hears what open_clip says while it builds a model, which goes to the root logger otherwise."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PACKAGE = "open_clip"
_WORTH_HEARING = "Resizing"
"""How messages begin that matter, though open_clip gives them no weight."""
_EXPECTED = ("initialized randomly", "no CLIP weights found")
"""What it says where weights are loaded after it, or are meant to be random."""


class _Ear(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        loud = record.levelno >= logging.WARNING or text.startswith(_WORTH_HEARING)
        if loud and _PACKAGE in Path(record.pathname).parts:
            self._heard.append(text)


@contextmanager
def overhearing() -> Iterator[list[str]]:
    """Keeps open_clip's logging and warnings off the terminal.

    Yields:
        What it said that a person should know, each once; complete when the context ends.
    """
    heard: list[str] = []
    said: list[str] = []
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    root.handlers = [_Ear(heard)]
    root.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield said
    finally:
        root.handlers = handlers
        root.setLevel(level)
        own = [str(w.message) for w in warned if _PACKAGE in Path(w.filename).parts]
        fresh = dict.fromkeys([*heard, *own])
        said.extend(t for t in fresh if not any(part in t for part in _EXPECTED))
