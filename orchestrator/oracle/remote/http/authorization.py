"""The token that a service wants: read from the environment when it is needed, never shown."""

import os
import re
from dataclasses import dataclass

from orchestrator.oracle.remote.service import ServiceError

_VISIBLE = re.compile(r"^[\x21-\x7e]+$")


@dataclass(frozen=True)
class Token:
    """Where a service's token is, and how it is sent. The token itself is never kept.

    Attributes:
        variable: environment variable that holds it.
        header: name of the header that carries it.
        before: what stands before it in the header.
    """

    variable: str
    header: str = "Authorization"
    before: str = "Bearer "

    @property
    def given(self) -> bool:
        """Whether the environment has it."""
        return bool(os.environ.get(self.variable, "").strip())

    @property
    def named(self) -> str:
        """What it is called in messages."""
        return f"the token in the environment variable {self.variable}"

    @property
    def advice(self) -> str:
        """What to do where a service refuses it, or misses it."""
        if self.given:
            return "Put a valid one there."
        return (
            f"Put it into the environment variable {self.variable}, or name another one with "
            f"`token_from`."
        )

    def line(self) -> str | None:
        """What the header says; None if the environment has no token.

        Raises:
            ServiceError: it can't stand in a header.
        """
        if not self.given:
            return None
        value = os.environ[self.variable].strip()
        if not _VISIBLE.match(value):
            raise ServiceError(
                f"the token in the environment variable {self.variable} has spaces or signs that "
                f"can't be sent; expected visible ASCII characters without spaces"
            )
        return f"{self.before}{value}"

    def hidden(self, text: str) -> str:
        """A text, such as what a service says, with `***` wherever it has the token."""
        value = os.environ.get(self.variable, "").strip()
        return text.replace(value, "***") if value else text
