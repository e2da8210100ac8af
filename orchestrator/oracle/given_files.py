"""Files that a person names: where they are, and what is in them."""

import hashlib
from pathlib import Path

from benchmarks.datasets.identity.file_hashes import MISSING, UNREADABLE, sha256_of
from orchestrator.errors import UserError


def given_path(text: str) -> Path | None:
    """Where a path leads, `~` included; None if it leads nowhere."""
    try:
        path = Path(text).expanduser()
        path.stat()
    except (OSError, RuntimeError, ValueError):  # no such user, too long, or a zero byte
        return None
    return path


def hash_file(path: Path) -> str:
    """SHA-256 of a file's contents, read once and then remembered.

    Raises:
        UserError: the file can't be read.
    """
    (found,) = sha256_of([str(path)])
    if found in (MISSING, UNREADABLE):
        raise UserError(f"can't read {path}: it is {found}.")
    return found


def hash_files(paths: list[Path]) -> str:
    """SHA-256 over the contents of files, in order.

    Raises:
        UserError: a file can't be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except OSError as error:
            raise UserError(f"can't read {path}: {error.strerror or error}.") from None
    return f"sha256:{digest.hexdigest()}"
