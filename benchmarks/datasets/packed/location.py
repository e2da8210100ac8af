"""Folders on this machine and on S3, opened with pyarrow.

On S3 a location is written as `S3Address` says; what it leaves out comes from the usual AWS
variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from benchmarks.datasets.interface import DatasetError
from benchmarks.s3_address import AddressError, S3Address

_ATTEMPTS = 8


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
        """What opens it."""
        if not is_uri(self.uri):
            return fs.LocalFileSystem()
        return _s3(replace(S3Address.parse(self.uri), prefix=""))

    def child(self, name: str) -> Location:
        """A folder or file below this one."""
        address, mark, options = self.uri.partition("?")
        uri = f"{address.rstrip('/')}/{name}{mark}{options}"
        return replace(self, uri=uri, path=f"{self.path.rstrip('/')}/{name}")

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

    def create(self) -> pa.NativeFile:
        """Opens the file for writing from its start, and makes the folders above it.

        Raises:
            Unreachable: it can't be written.
        """
        with telling(self.uri):
            if not is_uri(self.uri):
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            return self.filesystem.open_output_stream(self.path)


@contextmanager
def telling(uri: str) -> Iterator[None]:
    """Turns errors of a file system into one that names the location.

    Raises:
        Unreachable: for any such error.
        FileNotFoundError: as it is.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise Unreachable(f"can't reach {uri}: {lines[0]}") from None


def is_uri(root: str | Path) -> bool:
    """Whether a data root is a location such as `s3://...`, and not a local path."""
    return "://" in str(root)


def open_location(where: str | Path) -> Location:
    """The folder at a local path or an `s3://` address; accesses nothing yet.

    Raises:
        DatasetError: the address is invalid (see `S3Address.parse`).
    """
    if not is_uri(where):
        path = str(Path(where).expanduser().absolute())
        return Location(path, path)
    try:
        address = S3Address.parse(str(where))
    except AddressError as error:
        raise DatasetError(f"data: {error}") from None
    # An endpoint from this process's environment must reach the nodes of a cluster.
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if address.host is None and endpoint:
        address = address.at(endpoint)
    return Location(str(address), f"{address.bucket}/{address.prefix}".rstrip("/"))


@cache
def _s3(address: S3Address, attempts: int = _ATTEMPTS, seconds: int = 60) -> fs.FileSystem:
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
