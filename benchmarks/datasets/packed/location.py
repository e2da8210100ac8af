"""Folders here and on S3, opened by pyarrow.

An S3 location is `s3://BUCKET/PREFIX?endpoint_override=HOST:PORT&scheme=http&region=REGION`, as a
store's is. What it leaves out comes from the usual AWS variables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pyarrow as pa
from pyarrow import fs

from benchmarks.datasets.interface import DatasetError
from benchmarks.naming import did_you_mean

_OPTIONS = ("endpoint_override", "scheme", "region")
_ATTEMPTS = 8


class Unreachable(DatasetError):
    """A location that can't be read or written now."""


@dataclass(frozen=True)
class Location:
    """A folder.

    Attributes:
        uri: the absolute path or S3 location, endpoint included: the same on every machine.
        path: its path in the file system.
    """

    uri: str
    path: str

    @property
    def filesystem(self) -> fs.FileSystem:
        """What opens it."""
        if not is_uri(self.uri):
            return fs.LocalFileSystem()
        return _s3(self.path.split("/", 1)[0], **dict(parse_qsl(urlsplit(self.uri).query)))

    def child(self, name: str) -> Location:
        """A folder or file below this one."""
        address, mark, options = self.uri.partition("?")
        uri = f"{address.rstrip('/')}/{name}{mark}{options}"
        return replace(self, uri=uri, path=f"{self.path.rstrip('/')}/{name}")

    def read(self) -> bytes | None:
        """The file's bytes; None when there is none.

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
        """The file, for reading anywhere in it.

        Raises:
            Unreachable: it can't be read.
        """
        with telling(self.uri):
            return self.filesystem.open_input_file(self.path)

    def create(self) -> pa.NativeFile:
        """The file, for writing from its start; folders above it are made.

        Raises:
            Unreachable: it can't be written.
        """
        with telling(self.uri):
            if not is_uri(self.uri):
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            return self.filesystem.open_output_stream(self.path)


@contextmanager
def telling(uri: str) -> Iterator[None]:
    """Turns what a file system raises into an error that names the location.

    Raises:
        Unreachable: in place of any such error but a missing file.
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
    """The folder at a local path or an `s3://` location; touches nothing yet.

    Raises:
        DatasetError: another scheme, no bucket, credentials in the location, or an unknown option.
    """
    if not is_uri(where):
        path = str(Path(where).expanduser().absolute())
        return Location(path, path)
    return _open_s3(str(where))


def _open_s3(uri: str) -> Location:
    parts = urlsplit(uri)
    options = dict(parse_qsl(parts.query))
    _check(uri, options)
    if "endpoint_override" not in options:
        options |= _endpoint_from_environment()
    plain = f"s3://{parts.netloc}{parts.path.rstrip('/')}"
    spelled = f"{plain}?{urlencode(options, safe=':')}" if options else plain
    return Location(spelled, f"{parts.netloc}{parts.path}".rstrip("/"))


def _check(uri: str, options: dict[str, str]) -> None:
    parts = urlsplit(uri)
    if parts.scheme != "s3":
        raise DatasetError(
            f"data at {parts.scheme}:// is not supported: give a folder or s3://BUCKET/PREFIX."
        )
    if "@" in parts.netloc:
        raise DatasetError(
            "a location must hold no credentials, since it is shown and logged. Give them as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as a profile or as a role."
        )
    if not parts.netloc:
        raise DatasetError(f"{uri} names no bucket: expected s3://BUCKET/PREFIX.")
    for name in options:
        if name not in _OPTIONS:
            raise DatasetError(
                f"unknown option {name!r} in the location {uri}. {did_you_mean(name, _OPTIONS)}"
            )


def _endpoint_from_environment() -> dict[str, str]:
    """The endpoint that the usual variables name, spelled out, so that it reaches other nodes."""
    url = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not url:
        return {}
    parts = urlsplit(url)
    return {"endpoint_override": parts.netloc, "scheme": parts.scheme}


@cache
def _s3(
    bucket: str, endpoint_override: str = "", scheme: str = "https", region: str = ""
) -> fs.FileSystem:
    region = region or os.environ.get("AWS_REGION", "") or os.environ.get("AWS_DEFAULT_REGION", "")
    if not region:
        region = "us-east-1" if endpoint_override else _quietly(fs.resolve_s3_region, bucket)
    return fs.S3FileSystem(
        endpoint_override=endpoint_override or None,
        scheme=scheme,
        region=region,
        connect_timeout=10,
        request_timeout=60,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )


def _quietly(ask: Callable[[str], str], bucket: str) -> str:
    try:
        return ask(bucket)
    except OSError:
        return "us-east-1"
