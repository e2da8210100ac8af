"""What the store needs of a place that keeps blobs, whatever the place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

Version = str
"""Tells one content of a blob from every other; equal contents may have equal versions."""


class BlobMissing(KeyError):
    """No blob of that name."""


class StorageUnavailable(Exception):
    """The place can't serve now but may later: it is down, slow, throttling or full."""


@dataclass(frozen=True)
class Blob:
    """A blob at one moment.

    Attributes:
        data: its bytes.
        version: of this content.
        age: seconds since it was written, by the clock of the place itself, so that hosts whose
            clocks disagree agree on it (to within a second).
    """

    data: bytes
    version: Version
    age: float


class Storage(ABC):
    """Blobs by name (`folder/name.ext`). Every write is whole or didn't happen.

    All methods raise `StorageUnavailable` when trying again later may help, and `UserError` when
    only a person can (no permission, no such bucket).

    Attributes:
        location: opens the same place in another process; holds no credentials.
    """

    location: str

    @abstractmethod
    def check_writable(self) -> None:
        """Raises `UserError` unless blobs can be written here, and guarded against each other."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The blob's bytes.

        Raises:
            BlobMissing: there is none.
        """

    @abstractmethod
    def look(self, name: str) -> Blob:
        """The blob with its version and age; raises like `read`."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Writes or replaces a blob."""

    @abstractmethod
    def write_new(self, name: str, data: bytes) -> Version | None:
        """Writes a blob unless there is one; its version, or None when there was one."""

    @abstractmethod
    def replace(self, name: str, data: bytes, version: Version) -> Version | None:
        """Replaces a blob that still has this version; its new one, or None when it has not."""

    @abstractmethod
    def names(self, folder: str) -> tuple[str, ...]:
        """Names of all blobs directly in a folder, sorted."""

    @abstractmethod
    def sizes(self, folder: str) -> dict[str, int]:
        """Bytes of each blob directly in a folder, by name, without reading any."""

    @abstractmethod
    def delete(self, name: str, version: Version | None = None) -> None:
        """Removes a blob, or one that still has this version; fine when there is none."""
