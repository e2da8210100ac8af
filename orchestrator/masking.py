"""Texts as they may be shown and stored: without passwords of addresses or of the environment."""

import os
import re

_PASSWORD = re.compile(r"(?P<before>[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*):[^\s/@]*@")

_SECRET = re.compile(r"SECRET|PASSWORD|TOKEN|CREDENTIAL|API_KEY")
_PLACE = ("FILE", "PATH", "DIR", "URI", "URL")

SHORTEST = 8
"""Characters of a value that is looked for: shorter ones would mask words that mean nothing."""


def masked(text: str) -> str:
    """A text with the passwords of all addresses in it replaced by `***`.

    `postgresql://me:secret@host/db` becomes `postgresql://me:***@host/db`. Values of environment
    variables that are named as secrets (`AWS_SECRET_ACCESS_KEY`, `MLFLOW_TRACKING_TOKEN`, ...) go
    the same way, wherever they stand.
    """
    for secret in _secrets():
        text = text.replace(secret, "***")
    return _PASSWORD.sub(r"\g<before>:***@", text)


def _secrets() -> list[str]:
    """The longest first: one may hold another."""
    found = {
        value
        for name, value in os.environ.items()
        if _names_a_secret(name.upper()) and len(value) >= SHORTEST
    }
    return sorted(found, key=len, reverse=True)


def _names_a_secret(name: str) -> bool:
    """Whether a variable holds a secret, rather than the place where one lies."""
    return bool(_SECRET.search(name)) and not name.endswith(_PLACE)
