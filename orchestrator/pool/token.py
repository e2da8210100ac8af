"""The token that Ray asks of whoever connects: kept in the user's home, where that can be."""

import os
from pathlib import Path
from secrets import token_hex

_GIVEN = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


def have_token() -> None:
    """Makes a token for this process and its own where Ray could not store one in the home.

    Otherwise Ray makes and keeps it. A process gives its environment to those that it starts, and
    no other user sees it.
    """
    if not any(os.environ.get(name) for name in _GIVEN) and not _can_be_kept():
        os.environ["RAY_AUTH_TOKEN"] = token_hex(32)


def _can_be_kept() -> bool:
    """Whether there is a token in the home, or one can be written there."""
    try:
        folder = Path.home() / ".ray"
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / "auth_token"
        return os.access(kept, os.R_OK) if kept.exists() else os.access(folder, os.W_OK | os.X_OK)
    except (OSError, RuntimeError):
        return False
