"""Folders on this machine and on S3, opened with pyarrow.

On S3 a location is written as `S3Address` says; what it leaves out comes from the usual AWS
variables.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.packed.file_errors import meaning, no_bucket
from benchmarks.places import PlaceError, is_address, local_path
from benchmarks.s3_address import AddressError, S3Address

_ATTEMPTS = 8
_FIRST_ATTEMPTS = 3
"""Before a server's first answer: an address that never answered is likely misspelt."""

_CHUNK = 1 << 20


class Unreachable(DatasetError):
    """A location can't be read or written now."""


@dataclass(frozen=True)
class Location:
    """A folder or file.

    Attributes:
        uri: the absolute path, or the S3 address with its endpoint: valid on every machine.
        path: its path in the file system.
    """

    uri: str
    path: str

    @property
    def filesystem(self) -> fs.FileSystem:
        """What opens it.

        Raises:
            Unreachable: there is no such bucket, or its server doesn't answer.
        """
        if not self.on_s3:
            return fs.LocalFileSystem()
        return _s3(self.introduce(), _ATTEMPTS)

    def introduce(self) -> S3Address:
        """The address of the bucket on S3, which is there.

        Raises:
            Unreachable: it isn't, or its server doesn't answer.
        """
        address = replace(S3Address.parse(self.uri), prefix="")
        _introduce(address)
        return address

    @property
    def on_s3(self) -> bool:
        """Whether it is an S3 address, and no path on this machine."""
        return is_uri(self.uri)

    def child(self, name: str) -> Location:
        """A folder or file below this one."""
        address, options = self._divided
        uri = f"{address.rstrip('/')}/{name}{options}"
        return replace(self, uri=uri, path=f"{self.path.rstrip('/')}/{name}")

    @property
    def parent_uri(self) -> str:
        """What the folder above this one is called."""
        address, options = self._divided
        return f"{address.rpartition('/')[0] or '/'}{options}"

    @property
    def _divided(self) -> tuple[str, str]:
        """The URI, and an S3 address's options apart from it; a path may hold question marks."""
        if not self.on_s3:
            return self.uri, ""
        address, mark, options = self.uri.partition("?")
        return address, mark + options

    def greet(self) -> None:
        """Asks once, and waits for seconds at most, whether anything answers there.

        Raises:
            Unreachable: nothing does, or it refuses.
        """
        address = replace(S3Address.parse(self.uri), prefix="")
        with telling(self.uri):
            _s3(address, attempts=1, seconds=5).get_file_info(self.path)

    def read(self) -> bytes | None:
        """The file's bytes; None if there is no such file.

        Raises:
            Unreachable: it can't be read.
        """
        with telling(self.uri):
            try:
                with self.filesystem.open_input_file(self.path) as stream:
                    return bytes(stream.read())
            except FileNotFoundError:
                return None

    def open(self) -> pa.NativeFile:
        """Opens the file for random reads.

        Raises:
            Unreachable: it can't be read.
        """
        with telling(self.uri):
            return self.filesystem.open_input_file(self.path)

    def sizes(self) -> dict[str, int]:
        """Bytes of each file directly in this folder, by name; empty where there is no folder.

        Raises:
            Unreachable: it can't be listed.
        """
        with telling(self.uri, missing_too=True):
            chosen = fs.FileSelector(self.path, allow_not_found=True)
            found = self.filesystem.get_file_info(chosen)
            return {one.base_name: one.size for one in found if one.type == fs.FileType.File}

    def sha256(self) -> str:
        """SHA-256 of the file's bytes, as hex digits.

        Raises:
            Unreachable: it can't be read.
        """
        digest = hashlib.sha256()
        told = telling(self.uri, missing_too=True)
        with told, self.filesystem.open_input_file(self.path) as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def delete(self) -> None:
        """Deletes the file.

        Raises:
            Unreachable: it can't be deleted.
        """
        with telling(self.uri, missing_too=True):
            self.filesystem.delete_file(self.path)


@contextmanager
def telling(uri: str, *, missing_too: bool = False) -> Iterator[None]:
    """Turns errors of a file system into one that names the location and says what to do.

    Args:
        uri: the location.
        missing_too: whether a file that isn't there is one of these errors.

    Raises:
        Unreachable: for any such error.
        FileNotFoundError: as it is, unless it is one of them.
    """
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, FileNotFoundError) and not missing_too:
            raise
        raise Unreachable(f"can't reach {uri}: {meaning(error, uri)}") from None


def is_uri(root: str | Path) -> bool:
    """Whether a data root is a location such as `s3://...`, and not a local path."""
    return is_address(root)


def open_location(where: str | Path) -> Location:
    """The folder at a local path or an `s3://` address; accesses nothing yet.

    Raises:
        DatasetError: the path or the address is invalid (see `local_path`, `S3Address.parse`).
    """
    try:
        if not is_uri(where):
            path = str(local_path(where))
            return Location(path, path)
        address = S3Address.parse(str(where)).here()
    except (AddressError, PlaceError) as error:
        raise DatasetError(str(error)) from None
    return Location(str(address), f"{address.bucket}/{address.prefix}".rstrip("/"))


@cache
def _introduce(address: S3Address) -> None:
    """Makes sure, once, that a bucket is there and its server answers.

    Who may not ask is let through: single files may be allowed where the bucket as a whole isn't.
    """
    try:
        (found,) = _s3(address, _FIRST_ATTEMPTS).get_file_info([address.bucket])
    except OSError as error:
        if "NETWORK_CONNECTION" in str(error):
            raise Unreachable(f"can't reach {address}: {meaning(error, str(address))}") from None
        return
    if found.type == fs.FileType.NotFound:
        raise Unreachable(f"can't reach {address}: {no_bucket(address)}")


@cache
def _s3(address: S3Address, attempts: int, seconds: int = 60) -> fs.FileSystem:
    region = address.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        region = "us-east-1" if address.host else _region_of(address.bucket)
    return fs.S3FileSystem(
        endpoint_override=address.host,
        scheme=address.scheme,
        region=region,
        connect_timeout=min(10, seconds),
        request_timeout=seconds,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=attempts),
    )


def _region_of(bucket: str) -> str:
    try:
        return str(fs.resolve_s3_region(bucket))
    except OSError:
        return "us-east-1"
