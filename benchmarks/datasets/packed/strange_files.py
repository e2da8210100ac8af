"""Files that lie among images and are none, as seen by their first bytes."""

import io
from collections.abc import Sequence

from PIL import Image

from benchmarks.datasets.decoding import BROKEN


def strangeness(data: bytes) -> str:
    """What a file is that no decoder knows; "" of an image, which may yet be damaged further on."""
    if not data:
        return "empty"
    try:
        with Image.open(io.BytesIO(data)):
            return ""
    except BROKEN:
        start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        return "a web page" if start.startswith((b"<!doctype html", b"<html")) else "no image"


def strange_files(found: Sequence[tuple[str, str]], images: int) -> str:
    """Says how many of a dataset's files are no images, and names the first."""
    (reference, what), *more = found
    count = "1 file is" if not more else f"{len(found):,} files are"
    first = f"{reference!r} is {what}" if not more else f"the first, {reference!r}, is {what}"
    return (
        f"{count} no image, of {images:,}: {first}. They are packed as they are, and end a run "
        f"unless its spec says `unreadable: skip`. Replace them, then pack again."
    )
