"""Blobs as files below a folder, on this machine or on a file system that machines share."""

import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath

from orchestrator.errors import UserError
from orchestrator.store.storage.interface import (
    Blob,
    BlobMissing,
    Storage,
    StorageUnavailable,
    Version,
)

_PASSING = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.ESTALE,
        errno.ETIMEDOUT,
        errno.EAGAIN,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOTCONN,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.ENETUNREACH,
    }
)
"""Errors of a full disk or an absent file server, which may pass."""

_IN_THE_WAY = frozenset({errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.EEXIST})
"""Errors of a folder, file or link where something else belongs."""

_LOCK = ".lock"


class LocalStorage(Storage):
    """Blobs as files below a folder, which the first write creates."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.location = str(self.root)

    def check_writable(self) -> None:
        """See `Storage.check_writable`.

        Raises:
            UserError: the folder can't be created or written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise UserError(
                f"the store {self.root} can't be written: {error.strerror or error}. "
                f"Choose another folder with --store, or correct its permissions."
            ) from None

    def read(self, name: str) -> bytes:
        with self._translated(name):
            return self._path(name).read_bytes()

    def look(self, name: str) -> Blob:
        with self._translated(name), self._path(name).open("rb") as file:
            data = file.read()
            written = os.fstat(file.fileno()).st_mtime
            return Blob(data, _version(data), max(0.0, self._now() - written))

    def write(self, name: str, data: bytes) -> None:
        with self._temporary(name, data) as (temporary, target):
            temporary.replace(target)

    def write_new(self, name: str, data: bytes) -> Version | None:
        with self._temporary(name, data) as (temporary, target):
            try:
                os.link(temporary, target)  # unlike a rename, this fails if the target exists
            except FileExistsError:
                if target.is_file():
                    return None
                raise OSError(errno.EISDIR, "something that is no file is in the way") from None
            return _version(data)

    def replace(self, name: str, data: bytes, version: Version) -> Version | None:
        with self._locked(name):
            if not self._has(name, version):
                return None
            self.write(name, data)
            return _version(data)

    def names(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(f"{folder}/{entry.name}" for entry in self._entries(folder)))

    def sizes(self, folder: str) -> dict[str, int]:
        return {name: stat.st_size for name, stat in self._stats(folder).items()}

    def times(self, folder: str) -> dict[str, float]:
        return {name: stat.st_mtime for name, stat in self._stats(folder).items()}

    def _stats(self, folder: str) -> dict[str, os.stat_result]:
        found = {}
        for entry in self._entries(folder):
            with suppress(FileNotFoundError):  # deleted in the meantime
                found[f"{folder}/{entry.name}"] = entry.stat()
        return found

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        with self._translated(folder):
            path = self._path(folder)
            if not path.is_dir():
                if path.is_symlink() or path.exists():
                    # Not as good as empty: a link may lead to a disk that is not there just now.
                    raise OSError(errno.ENOTDIR, "a file or a broken link stands for a folder")
                return []
            return [e for e in os.scandir(path) if _is_file(e) and e.name[0] != "."]

    def delete(self, name: str, version: Version | None = None) -> None:
        path = self._path(name)
        if version is None:
            with self._translated(name):
                path.unlink(missing_ok=True)
            return
        with self._locked(name):
            if self._has(name, version):
                path.unlink()

    def _path(self, name: str) -> Path:
        inner = PurePath(name)
        if ".." in inner.parts or inner.is_absolute():
            raise ValueError(f"the blob name {name!r} leads out of the store")
        return self.root / inner

    def _has(self, name: str, version: Version) -> bool:
        try:
            return _version(self._path(name).read_bytes()) == version
        except FileNotFoundError:
            return False

    def _now(self) -> float:
        """Time of the file system's own clock (of a file server, if it is one); needs no space."""
        with (self.root / _LOCK).open("ab") as file:
            os.utime(file.fileno())
            return os.fstat(file.fileno()).st_mtime

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Keeps other processes from comparing and replacing; released if this process dies."""
        with self._translated(name):
            self.root.mkdir(parents=True, exist_ok=True)
            with (self.root / _LOCK).open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield

    @contextmanager
    def _temporary(self, name: str, data: bytes) -> Iterator[tuple[Path, Path]]:
        target = self._path(name)
        with self._translated(name):
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

    @contextmanager
    def _translated(self, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise BlobMissing(name) from None
        except OSError as error:
            reason = error.strerror or str(error)
            if error.errno in _PASSING:
                raise StorageUnavailable(f"{reason} in {self.root}") from error
            remedy = "Move that away" if error.errno in _IN_THE_WAY else "Correct its permissions"
            raise UserError(
                f"the store {self.root} can't be used: {reason} ({name}). {remedy}, or choose "
                f"another folder with --store."
            ) from error


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link in a circle
        return False


def _version(data: bytes) -> Version:
    return hashlib.sha256(data).hexdigest()
