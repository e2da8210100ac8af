"""Files that get their names only once they are whole, so that no reader ever sees half of one."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from benchmarks.datasets.packed.layout import FileFacts
from benchmarks.datasets.packed.location import Location, telling

_PARTIAL = ".partial"


class Draft:
    """A file that is being written.

    In a folder it lies beside its place under a name of its own, locked for as long as its writer
    lives. For S3, where an object appears when it is whole, it lies in the temporary folder.

    Attributes:
        stream: takes what is written.
    """

    def __init__(self, folder: Location, stream: IO[bytes]) -> None:
        self._folder = folder
        self.stream = stream

    def facts(self) -> FileFacts:
        """Size and SHA-256 of what was written so far."""
        self.stream.flush()
        size = self.stream.tell()
        self.stream.seek(0)
        digest = hashlib.file_digest(self.stream, "sha256").hexdigest()  # type: ignore[arg-type]
        return FileFacts(size=size, sha256=digest)

    def keep(self, name: str) -> None:
        """Gives it its name below the folder, in place of what has this name now.

        Raises:
            Unreachable: it can't be written.
        """
        target = self._folder.child(name)
        self.stream.flush()
        with telling(target.uri, missing_too=True):
            if target.on_s3:
                self.stream.seek(0)
                with target.filesystem.open_output_stream(target.path) as out:
                    shutil.copyfileobj(self.stream, out)
                return
            os.fsync(self.stream.fileno())
            Path(self.stream.name).chmod(0o644)
            Path(self.stream.name).replace(target.path)


@contextmanager
def draft(folder: Location) -> Iterator[Draft]:
    """A file to be written for a folder, which is made if need be; left unnamed, it is deleted.

    Raises:
        Unreachable: it can't be made.
    """
    if folder.on_s3:
        with tempfile.TemporaryFile() as stream:
            yield Draft(folder, stream)
        return
    with telling(folder.uri, missing_too=True):
        Path(folder.path).mkdir(parents=True, exist_ok=True)
        opened = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed below
            prefix=".", suffix=_PARTIAL, dir=folder.path, delete=False
        )
    try:
        with opened as named:
            _locked(named.fileno())
            yield Draft(folder, named)
    finally:
        Path(opened.name).unlink(missing_ok=True)


def delete_abandoned(folder: Location) -> None:
    """Deletes the drafts of writers that are dead; does nothing on S3, where there are none."""
    if folder.on_s3:
        return
    for path in Path(folder.path).glob(f".*{_PARTIAL}"):
        with suppress(OSError), path.open("rb") as file:
            if _locked(file.fileno()):
                path.unlink()


@contextmanager
def alone_in(folder: Location) -> Iterator[None]:
    """Lets one process at a time do this in a folder; on S3, all of them."""
    if folder.on_s3:
        yield
        return
    handle = os.open(folder.path, os.O_RDONLY)
    try:
        with suppress(OSError):  # file systems without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Whether this process holds an open file's lock now; it ends with the file or the process."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
