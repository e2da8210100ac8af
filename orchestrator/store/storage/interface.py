"""What the store needs of a storage for blobs: a folder, an S3 bucket, or any other."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

Version = str
"""Identifies the content of a blob; equal contents may have equal versions."""


class BlobMissing(KeyError):
    """There is no blob of that name."""


class StorageUnavailable(Exception):
    """The storage can't serve now but may later: it is down, slow, throttling or full."""


@dataclass(frozen=True)
class Blob:
    """A blob at one moment.

    Attributes:
        data: its bytes.
        version: of this content.
        age: seconds since it was written, by the storage's own clock, so that hosts with different
            clocks agree on it (within a second).
    """

    data: bytes
    version: Version
    age: float


class Storage(ABC):
    """Blobs by name (`folder/name.ext`). Every write is atomic.

    All methods raise `StorageUnavailable` if trying again later may help, and `UserError` if only a
    person can help (no permission, no such bucket).

    Attributes:
        location: opens the same storage in another process; holds no credentials.
    """

    location: str

    @abstractmethod
    def check_writable(self) -> None:
        """Checks that blobs can be written, and that two writers can't overwrite each other.

        Raises:
            UserError: they can't.
        """

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The blob's bytes.

        Raises:
            BlobMissing: there is no such blob.
        """

    @abstractmethod
    def look(self, name: str) -> Blob:
        """The blob with its version and age; raises like `read`."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Writes or replaces a blob."""

    @abstractmethod
    def write_new(self, name: str, data: bytes) -> Version | None:
        """Writes a blob unless it exists; returns its version, or None if it existed."""

    @abstractmethod
    def replace(self, name: str, data: bytes, version: Version) -> Version | None:
        """Replaces a blob if it has this version; returns its new version, or None if it hasn't."""

    @abstractmethod
    def names(self, folder: str) -> tuple[str, ...]:
        """Names of all blobs directly in a folder, sorted."""

    @abstractmethod
    def sizes(self, folder: str) -> dict[str, int]:
        """Bytes of each blob directly in a folder, by name, without reading any."""

    @abstractmethod
    def times(self, folder: str) -> dict[str, float]:
        """When each blob directly in a folder was written, by name, without reading any.

        In seconds since 1970, by the storage's own clock.
        """

    @abstractmethod
    def delete(self, name: str, version: Version | None = None) -> None:
        """Removes a blob, but only in this version if one is given; it may be missing."""
