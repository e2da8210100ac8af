"""Addresses of services: which ones are taken, and how they are shown."""

import re
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import SplitResult, urlsplit

_NAME = re.compile(r"^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?\.?$")
_PATH = re.compile(r"^(/[A-Za-z0-9._~!$&'()*+,;=:%-]+)*/?$")
_EXAMPLE = "write it like http://127.0.0.1:8000 or https://models.example.org/clip"


def check_address(text: str) -> str:
    """The address of a service in its shortest spelling, without a `/` at its end.

    Example:
        >>> check_address("HTTP://Models.example.org:8000/clip/")
        'http://models.example.org:8000/clip'

    Raises:
        ValueError: it isn't one, or holds more than scheme, host, port and path. The message tells
            no user or password.
    """
    text = text.strip()
    if "@" in text:
        raise ValueError(
            "the address of a service may not hold a user or password: put a token into the "
            "environment, and name its variable with `token_from`"
        )
    parts, port = _parts(text)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"expected an address with http:// or https://, got {text!r}; {_EXAMPLE}")
    if any(sign in text for sign in "?#\\"):
        raise ValueError(
            f"the address of a service may not hold a query or fragment, got {text!r}; {_EXAMPLE}"
        )
    host = _host(parts.hostname or "")
    if not host:
        raise ValueError(f"expected a host in the address of a service, got {text!r}; {_EXAMPLE}")
    if not _PATH.match(parts.path) or ".." in parts.path.split("/"):
        raise ValueError(f"the address of a service has a strange path: {text!r}; {_EXAMPLE}")
    shown = f":{port}" if port is not None else ""
    return f"{parts.scheme}://{host}{shown}{parts.path.rstrip('/')}"


def place_of(address: str) -> str:
    """Host and port of an address, as they are shown to people."""
    return urlsplit(address).netloc.rpartition("@")[2]


def origin_of(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address, which together say who answers there."""
    parts = urlsplit(address)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or usual


def _parts(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is no address of a service ({error}); {_EXAMPLE}") from None
    if port == 0 or parts.netloc.endswith(":"):
        raise ValueError(f"the address of a service has a strange port: {text!r}; {_EXAMPLE}")
    return parts, port


def _host(name: str) -> str:
    """The host as it is written in an address; empty if it is none."""
    try:
        return f"[{IPv6Address(name).compressed}]"
    except AddressValueError:
        return name if _NAME.match(name) else ""
