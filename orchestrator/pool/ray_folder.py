"""Where Ray keeps its sockets and logs when it is started here: a folder in which it can."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from orchestrator.errors import UserError

LONGEST = 107
"""Bytes of a socket's path at most, on Linux."""

ROOM = 100 * 2**20
"""Bytes that must be free: logs, and sockets that can't be made without."""

_SESSION = "session_2026-01-31_23-59-59_999999_{pid}/sockets/plasma_store"
"""The longest path that Ray makes in its folder."""


def ray_folder(say: Callable[[str], None], common: Path = Path("/tmp")) -> str:
    """The folder to give to Ray: its own choice, or else one below `common`.

    Args:
        say: told if it is not Ray's own choice, and why.
        common: the folder for temporary files that every machine has.

    Raises:
        UserError: there is none that can be used.
    """
    own = _own_choice(common)
    problem = _problem(own)
    if not problem:
        return str(own)
    for other in (common / "ray", common / f"ray-{os.getuid()}"):
        if other != own and not _problem(other):
            say(f"Ray keeps its files in {other}: {own} {problem}")
            return str(other)
    raise UserError(
        f"Ray can't keep its files anywhere: {own} {problem}. Set RAY_TMPDIR to a folder that can "
        f"be written, has {ROOM >> 20} MiB free and a path of at most {_most()} bytes."
    )


def _own_choice(common: Path) -> Path:
    """As Ray chooses by itself."""
    given = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or common
    return Path(given).absolute() / "ray"


def _problem(folder: Path) -> str:
    """Why Ray can't use a folder, which need not be there yet; empty if it can."""
    if len(os.fsencode(folder)) > _most():
        return f"is too long for the paths of its sockets (at most {_most()} bytes)"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return f"can't be written ({error.strerror or error})"
    return "" if free >= ROOM else f"has only {free >> 20} MiB free"


def _most() -> int:
    """Bytes of the folder's path at most."""
    return LONGEST - 1 - len(_SESSION.format(pid=os.getpid()))
