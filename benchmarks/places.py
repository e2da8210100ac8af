"""What a user's word for a place means: a path on this machine, or an address elsewhere."""

import re
from pathlib import Path

_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://|(s3[an]?|gs|gcs|https?|ftp|hdfs|abfss?|az|wasbs?|file)(:|//)",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class PlaceError(ValueError):
    """A word that names no place: says what was expected."""


def is_address(where: str | Path) -> bool:
    """Whether this names a place elsewhere, such as `s3://bucket/x`, or tries to (`s3:/bucket`,
    `s3//bucket`).

    A folder of such a name is meant by `./s3:/bucket`.
    """
    return _ADDRESS.match(str(where)) is not None


def local_path(where: str | Path) -> Path:
    """The absolute path that is meant, with `~` as the user's home.

    Raises:
        PlaceError: it is empty, or holds what names of files can't or shouldn't hold.
    """
    text = str(where)
    if not text:
        raise PlaceError("the path is empty: give a folder.")
    check_readable(text)
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        home = text.partition("/")[0]
        raise PlaceError(f"can't find the folder {text!r}: nobody has the home {home}.") from None


def check_readable(text: str) -> None:
    """Refuses what can't be shown or stored as text.

    Raises:
        PlaceError: it holds line breaks or other control characters, or bytes that are no UTF-8.
    """
    if _CONTROL.search(text):
        raise PlaceError(f"{text!r} holds a line break or another control character: rename it.")
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = text.encode(errors="surrogateescape").decode(errors="replace")
        raise PlaceError(f"{shown} is no UTF-8: rename it.") from None
