"""Named blobs in a folder, written whole or not at all. The store's only contact with a disk."""

from __future__ import annotations

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.errors import UserError


class BlobMissing(KeyError):
    """No blob of that name."""


class Storage(ABC):
    """Blobs by name (`folder/name.ext`); every write is atomic."""

    location: str

    @abstractmethod
    def check_writable(self) -> None:
        """Raises `UserError` unless a blob can be written here."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The blob's bytes.

        Raises:
            BlobMissing: there is none.
        """

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Writes or replaces a blob."""

    @abstractmethod
    def write_new(self, name: str, data: bytes) -> bool:
        """Writes a blob unless there is one; says whether it wrote."""

    @abstractmethod
    def names(self, folder: str) -> tuple[str, ...]:
        """Names of all blobs in a folder, sorted."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Removes a blob; fine when there is none."""


class LocalStorage(Storage):
    """Blobs as files below a folder.

    Args:
        root: the folder; made on the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.location = str(self.root)

    def check_writable(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise UserError(
                f"the store {self.root} can't be written: {error.strerror or error}. "
                f"Choose another folder with --store, or mend its permissions."
            ) from None

    def read(self, name: str) -> bytes:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(name) from None

    def write(self, name: str, data: bytes) -> None:
        with self._temporary(name, data) as (temporary, target):
            temporary.replace(target)

    def write_new(self, name: str, data: bytes) -> bool:
        with self._temporary(name, data) as (temporary, target):
            try:
                os.link(temporary, target)  # unlike a rename, fails when the target is there
            except FileExistsError:
                return False
            return True

    def names(self, folder: str) -> tuple[str, ...]:
        path = self.root / folder
        if not path.is_dir():
            return ()
        return tuple(
            sorted(f"{folder}/{e.name}" for e in os.scandir(path) if not e.name.startswith("."))
        )

    def delete(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    @contextmanager
    def _temporary(self, name: str, data: bytes) -> Iterator[tuple[Path, Path]]:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=".", suffix=".partial", dir=target.parent)
        temporary = Path(path)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            yield temporary, target
        finally:
            temporary.unlink(missing_ok=True)


def open_storage(location: str) -> Storage:
    """The storage at a folder's path."""
    if "://" in location:
        scheme = location.split("://", 1)[0]
        raise UserError(f"a store at {scheme}:// is not supported: give a folder with --store.")
    return LocalStorage(Path(location).expanduser())
