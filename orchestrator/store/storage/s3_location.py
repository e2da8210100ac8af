"""What an `s3://` location says: bucket, prefix, and where the server is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from benchmarks.naming import did_you_mean
from orchestrator.errors import UserError

_OPTIONS = ("endpoint_override", "scheme", "region")


@dataclass(frozen=True)
class S3Location:
    """`s3://BUCKET/PREFIX?endpoint_override=HOST:PORT&scheme=http&region=REGION`.

    The words after the question mark are those of pyarrow, which opens the same locations.

    Attributes:
        bucket: the bucket's name.
        prefix: what all keys start with, without slashes at its ends; may be empty.
        host: `HOST:PORT` of a server that isn't Amazon's; None for Amazon's.
        scheme: `https` or `http`.
        region: the bucket's region; None for the usual chain's.
    """

    bucket: str
    prefix: str = ""
    host: str | None = None
    scheme: str = "https"
    region: str | None = None

    @classmethod
    def parse(cls, location: str) -> S3Location:
        """Takes a location apart.

        Raises:
            UserError: it has no bucket, an unknown option, or credentials in it.
        """
        parts = urlsplit(location)
        if "@" in parts.netloc:
            raise UserError(
                "a store's location must hold no credentials, since locations are shown and "
                "logged. Give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as a profile or "
                "as a role."
            )
        if not parts.netloc:
            raise UserError(f"{location} names no bucket: expected s3://BUCKET/PREFIX.")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        for name in options:
            if name not in _OPTIONS:
                raise UserError(
                    f"unknown option {name!r} in the store's location. "
                    f"{did_you_mean(name, _OPTIONS)}"
                )
        scheme = options.get("scheme", "https")
        if scheme not in ("http", "https"):
            raise UserError(f"scheme must be http or https in a store's location, got {scheme!r}.")
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

    def at(self, endpoint: str) -> S3Location:
        """The same place at the endpoint that a client found, spelt out unless it is Amazon's."""
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
