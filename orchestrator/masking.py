"""Addresses as they may be shown: without the password that they may hold."""

from __future__ import annotations

import re

_PASSWORD = re.compile(r"(?P<before>[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*):[^\s/@]*@")


def masked(text: str) -> str:
    """A text with the passwords of all addresses in it replaced by `***`.

    `postgresql://me:secret@host/db` becomes `postgresql://me:***@host/db`.
    """
    return _PASSWORD.sub(r"\g<before>:***@", text)
