"""What an `s3://` address says: bucket, prefix, and where the server is."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from benchmarks.naming import did_you_mean
from benchmarks.places import PlaceError, check_readable

_OPTIONS = ("endpoint_override", "scheme", "region")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_NO_SCHEME = re.compile(r"[^A-Za-z0-9+.-]")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")
_REGION = re.compile(r"[A-Za-z0-9-]{1,63}")
_USE = "s3://BUCKET/PREFIX"


class AddressError(ValueError):
    """An address that names no place on S3, or that must not be shown."""


@dataclass(frozen=True)
class S3Address:
    """`s3://BUCKET/PREFIX?endpoint_override=HOST:PORT&scheme=http&region=REGION`.

    The words after the question mark are those of pyarrow, which opens the same addresses.

    Attributes:
        bucket: the bucket's name.
        prefix: what all keys start with, without slashes at its ends; may be empty.
        host: `HOST:PORT` of a server that isn't Amazon's; None for Amazon's.
        scheme: `https` or `http`.
        region: the bucket's region; None to look it up as AWS clients usually do.
    """

    bucket: str
    prefix: str = ""
    host: str | None = None
    scheme: str = "https"
    region: str | None = None

    @classmethod
    def parse(cls, address: str) -> S3Address:
        """Takes an address apart.

        Raises:
            AddressError: it is not on S3, has no bucket, an unknown option, or credentials in it.
        """
        where = _after_scheme(address)
        try:
            check_readable(address)
        except PlaceError as error:
            raise AddressError(str(error)) from None
        where, _, query = where.partition("?")
        bucket, *folders = where.split("/")
        if "@" in bucket or "@" in query:
            raise AddressError(
                "an S3 address must hold no credentials, since addresses are shown and logged. "
                "Give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as a profile or as a "
                "role."
            )
        if not bucket:
            raise AddressError(f"{address} names no bucket: expected {_USE}.")
        if not _BUCKET.fullmatch(bucket):
            raise AddressError(
                f"{bucket!r} in {address} can't be a bucket's name: expected letters, digits, dots "
                f"and hyphens. A server is named by ?endpoint_override=HOST:PORT."
            )
        if not {".", ".."}.isdisjoint(folders):
            raise AddressError(f"{address} holds . or .., which mean no folder on S3.")
        options = dict(parse_qsl(query, keep_blank_values=True))
        for name in options:
            if name not in _OPTIONS:
                raise AddressError(
                    f"unknown option {name!r} in {address}. {did_you_mean(name, _OPTIONS)}"
                )
        scheme = options.get("scheme", "https")
        if scheme not in ("http", "https"):
            raise AddressError(f"scheme must be http or https in {address}, got {scheme!r}.")
        host = options.get("endpoint_override") or None
        if host is not None and not _is_host(host):
            raise AddressError(
                f"endpoint_override must be HOST or HOST:PORT in {address}, got {host!r}."
            )
        region = options.get("region") or None
        if region is not None and not _REGION.fullmatch(region):
            raise AddressError(f"region must be such as eu-west-1 in {address}, got {region!r}.")
        return cls(
            bucket=bucket,
            prefix="/".join(filter(None, folders)),
            host=host,
            scheme=scheme,
            region=region,
        )

    @property
    def endpoint(self) -> str | None:
        """URL of a server that isn't Amazon's."""
        return None if self.host is None else f"{self.scheme}://{self.host}"

    def at(self, endpoint: str) -> S3Address:
        """The same place at an endpoint's URL, which is written out unless it is Amazon's.

        Raises:
            AddressError: that is no URL of a server.
        """
        parts = urlsplit(endpoint) if endpoint.count("[") == endpoint.count("]") else urlsplit("")
        host = parts.netloc.rpartition("@")[2]
        if parts.scheme not in ("http", "https") or not _is_host(host):
            raise AddressError(
                f"AWS_ENDPOINT_URL must be http://HOST:PORT or https://HOST, got {endpoint!r}."
            )
        if (parts.hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn")):
            return self
        return replace(self, host=host, scheme=parts.scheme)

    def here(self) -> S3Address:
        """The same place with the endpoint of this process's environment, unless it names its own.

        So it can be given to nodes of a cluster, whose environment is another.

        Raises:
            AddressError: AWS_ENDPOINT_URL is no URL of a server.
        """
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return self if self.host is not None or not endpoint else self.at(endpoint)

    def __str__(self) -> str:
        plain = f"s3://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")
        options = {"endpoint_override": self.host, "scheme": self.scheme if self.host else None}
        given = {k: v for k, v in {**options, "region": self.region}.items() if v}
        return f"{plain}?{urlencode(given, safe=':')}" if given else plain


def _after_scheme(address: str) -> str:
    """What follows `s3://`."""
    scheme = _NO_SCHEME.split(address, maxsplit=1)[0]
    rest = address[len(scheme) :]
    if scheme.lower() == "file":
        raise AddressError(f"{scheme}: is not supported: give the folder's path alone.")
    if scheme.lower() != "s3":
        raise AddressError(f"{scheme}:// is not supported: give a folder or {_USE}.")
    if not rest.startswith("://"):
        raise AddressError(f"{address} is no address: expected {_USE}.")
    return rest.removeprefix("://")


def _is_host(text: str) -> bool:
    """Whether it is `HOST` or `HOST:PORT`."""
    found = _HOST.fullmatch(text)
    return found is not None and int((found.group(2) or ":1")[1:]) in range(1, 65536)
