"""A storage in memory whose clock is turned by hand."""

from __future__ import annotations

from orchestrator.store.storage import Blob, BlobMissing, Storage, Version


class MemoryStorage(Storage):
    """Blobs in a dictionary.

    Attributes:
        clock: the time of the place, in seconds.
    """

    location = "memory"

    def __init__(self) -> None:
        self.clock = 0.0
        self._blobs: dict[str, tuple[bytes, int, float]] = {}
        self._writes = 0

    def check_writable(self) -> None:
        return None

    def read(self, name: str) -> bytes:
        return self.look(name).data

    def look(self, name: str) -> Blob:
        if name not in self._blobs:
            raise BlobMissing(name)
        data, version, written = self._blobs[name]
        return Blob(data, str(version), self.clock - written)

    def write(self, name: str, data: bytes) -> None:
        self._writes += 1
        self._blobs[name] = (data, self._writes, self.clock)

    def write_new(self, name: str, data: bytes) -> Version | None:
        if name in self._blobs:
            return None
        self.write(name, data)
        return str(self._writes)

    def replace(self, name: str, data: bytes, version: Version) -> Version | None:
        if name not in self._blobs or str(self._blobs[name][1]) != version:
            return None
        self.write(name, data)
        return str(self._writes)

    def names(self, folder: str) -> tuple[str, ...]:
        inside = (n for n in self._blobs if n.rpartition("/")[0] == folder)
        return tuple(sorted(inside))

    def sizes(self, folder: str) -> dict[str, int]:
        return {name: len(self.read(name)) for name in self.names(folder)}

    def times(self, folder: str) -> dict[str, float]:
        return {name: self._blobs[name][2] for name in self.names(folder)}

    def delete(self, name: str, version: Version | None = None) -> None:
        if version is None or (name in self._blobs and str(self._blobs[name][1]) == version):
            self._blobs.pop(name, None)
