"""What an `s3://` address says: bucket, prefix, and where the server is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from benchmarks.naming import did_you_mean

_OPTIONS = ("endpoint_override", "scheme", "region")


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
        parts = urlsplit(address)
        if parts.scheme != "s3":
            raise AddressError(
                f"{parts.scheme}:// is not supported: give a folder or s3://BUCKET/PREFIX."
            )
        if "@" in parts.netloc:
            raise AddressError(
                "an S3 address must hold no credentials, since addresses are shown and logged. "
                "Give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as a profile or as a "
                "role."
            )
        if not parts.netloc:
            raise AddressError(f"{address} names no bucket: expected s3://BUCKET/PREFIX.")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        for name in options:
            if name not in _OPTIONS:
                raise AddressError(
                    f"unknown option {name!r} in {address}. {did_you_mean(name, _OPTIONS)}"
                )
        scheme = options.get("scheme", "https")
        if scheme not in ("http", "https"):
            raise AddressError(f"scheme must be http or https in {address}, got {scheme!r}.")
        return cls(
            bucket=parts.netloc,
            prefix=parts.path.strip("/"),
            host=options.get("endpoint_override") or None,
            scheme=scheme,
            region=options.get("region") or None,
        )

    @property
    def endpoint(self) -> str | None:
        """URL of a server that isn't Amazon's."""
        return None if self.host is None else f"{self.scheme}://{self.host}"

    def at(self, endpoint: str) -> S3Address:
        """The same place at an endpoint's URL, which is written out unless it is Amazon's."""
        parts = urlsplit(endpoint)
        if (parts.hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn")):
            return self
        host = parts.netloc.rpartition("@")[2]
        return replace(self, host=host, scheme=parts.scheme)

    def __str__(self) -> str:
        plain = f"s3://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")
        options = {"endpoint_override": self.host, "scheme": self.scheme if self.host else None}
        given = {k: v for k, v in {**options, "region": self.region}.items() if v}
        return f"{plain}?{urlencode(given, safe=':')}" if given else plain
