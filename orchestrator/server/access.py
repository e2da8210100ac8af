"""Who may use a service: tokens, each with a name under which its requests are charged."""

import hashlib
import hmac
import re
from collections.abc import Mapping

from benchmarks.quoting import quoted
from orchestrator.errors import UserError
from orchestrator.server.refusals import Refusal

ANYONE = "anyone"
"""The one client of a service without tokens."""
ALONE = "client"
"""The client whose token has no name."""
SHORTEST = 8
"""Characters of a token: a shorter one is no secret."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_TOKEN = re.compile(r"[!-~]+")


class Access:
    """Tells clients by their tokens; without tokens all are one client.

    Of tokens only digests are kept.

    Args:
        tokens: by the client's name.
    """

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._digests = {name: _digest(token) for name, token in tokens.items()}

    @property
    def clients(self) -> tuple[str, ...]:
        """Names of all clients."""
        return tuple(self._digests) or (ANYONE,)

    @property
    def open(self) -> bool:
        """Whether anyone may come without a token."""
        return not self._digests

    def client(self, authorization: str | None) -> str:
        """The name of the client that sent a header `Authorization: Bearer TOKEN`.

        It takes as long for each token, right or wrong.

        Raises:
            Refusal: there is no such header, or nobody has the token.
        """
        if self.open:
            return ANYONE
        scheme, _, given = (authorization or "").partition(" ")
        offered, found = _digest(given.strip()), None
        for name, digest in self._digests.items():
            if hmac.compare_digest(offered, digest):
                found = name
        if found is None or scheme.lower() != "bearer":
            raise Refusal(
                401,
                "unauthorized",
                "expected a header `Authorization: Bearer TOKEN` with a token of this service",
            )
        return found


def read_tokens(variable: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Tokens by their client's name, from an environment variable.

    It holds one token, or pairs `NAME:TOKEN` with commas between them. No message shows a token.

    Raises:
        UserError: it isn't set, or holds something else.
    """
    given = environment.get(variable, "").strip()
    if not given:
        raise UserError(
            f"--token-from {variable}: this environment variable isn't set. Put a token into it, "
            f"or pairs NAME:TOKEN with commas between them."
        )
    parts = [part.strip() for part in given.split(",")]
    named = [part.partition(":") for part in parts]
    if len(parts) == 1 and ":" not in given:
        named = [(ALONE, ":", given)]
    found: dict[str, str] = {}
    for number, (name, _, token) in enumerate(named, start=1):
        where = f"--token-from {variable}, entry {number} of {len(parts)}"
        _check_pair(where, name, token)
        if name in found:
            raise UserError(f"{where}: the client {name!r} has a token already.")
        if token in found.values():
            raise UserError(f"{where}: another client has the same token.")
        found[name] = token
    return found


def _check_pair(where: str, name: str, token: str) -> None:
    if not token:
        raise UserError(
            f"{where}: expected NAME:TOKEN between commas, or a single token; got no token."
        )
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{where}: a client's name is made of letters, digits, `-` and `_`, got {quoted(name)}."
        )
    if len(token) < SHORTEST or not _TOKEN.fullmatch(token):
        raise UserError(
            f"{where}: a token needs at least {SHORTEST} letters, digits or signs of ASCII, "
            f"without blanks, got {len(token)} characters."
        )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
