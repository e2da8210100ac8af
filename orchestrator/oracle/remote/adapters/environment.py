"""What an adapter takes from the environment, so that it is in no file, key, message or log."""

import os
import re
from dataclasses import dataclass, field

from orchestrator.oracle.remote.adapters.file import VARIABLE
from orchestrator.oracle.remote.foreign_text import LONGEST, shown
from orchestrator.oracle.remote.http.authorization import Token
from orchestrator.oracle.remote.service import ServiceError

TOKEN = "{token}"
"""Stands for the variable that `token_from` of the backbone names."""
_LEAST = 6
"""Characters of a secret; shorter values, such as `none`, are words of any message."""
_SENDABLE = re.compile(r"[\x20-\x7e]*")


@dataclass
class Secrets:
    """Reads environment variables when they are needed, and hides what it has read.

    Attributes:
        token_from: the variable that `{token}` stands for.
    """

    token_from: str
    _read: set[str] = field(default_factory=set, repr=False)

    def value(self, name: str) -> str:
        """An environment variable.

        Raises:
            ServiceError: it isn't set.
        """
        found = os.environ.get(name, "").strip()
        if not found:
            raise ServiceError(
                f"the adapter needs the environment variable {name}, which isn't set. Set it where "
                f"the run is started (to any word if the service wants no secret)."
            )
        self._read.add(found)
        return found

    def resolved(self, text: str) -> str:
        """A text with the values of the variables that stand in it.

        Raises:
            ServiceError: one isn't set, or can't stand in a header.
        """
        filled = VARIABLE.sub(lambda found: self.value(found[1]), self._with_token(text))
        if not _SENDABLE.fullmatch(filled):
            raise ServiceError(
                f"{self.hidden(text)!r} has signs that can't be sent: expected visible ASCII "
                f"characters in the file and in the environment variables that it names"
            )
        return filled

    def hidden(self, text: str) -> str:
        """A text with `***` for each secret that was read."""
        for secret in sorted(self._read.copy(), key=len, reverse=True):
            if len(secret) >= _LEAST:
                text = text.replace(secret, "***")
        return text

    def said(self, text: object, longest: int = LONGEST) -> str:
        """What a service says, fit to be shown: without secrets, in one line, and cut."""
        return shown(self.hidden(str(text)), longest)

    def _with_token(self, text: str) -> str:
        return text.replace(TOKEN, f"${{{self.token_from}}}")


@dataclass(frozen=True)
class InHeaders(Token):
    """A token that an adapter puts into headers itself; the client adds none, and hides all.

    Attributes:
        secrets: what is hidden.
    """

    secrets: Secrets = field(default_factory=lambda: Secrets(""))

    @property
    def named(self) -> str:
        """See `Token`."""
        return "what the adapter has sent"

    @property
    def advice(self) -> str:
        """See `Token`: which variables those are, the adapter says."""
        return "Check the environment variables that the adapter names."

    def line(self) -> None:
        """Nothing to add."""

    def hidden(self, text: str) -> str:
        """See `Token`: without any secret that was read."""
        return self.secrets.hidden(text)
