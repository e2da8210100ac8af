"""Files that lie among images and are none, as seen by their first bytes."""

import io
from collections.abc import Sequence

from PIL import Image

from benchmarks.datasets.decoding import BROKEN
from benchmarks.datasets.stand_ins import stand_in


def strangeness(data: bytes) -> str:
    """What a file is that no decoder knows; "" of an image, which may yet be damaged further on."""
    try:
        with Image.open(io.BytesIO(data)):
            return ""
    except BROKEN:
        return stand_in(data[:512]) or "it is no image of a known format"


def strange_files(found: Sequence[tuple[str, str]], images: int) -> str:
    """Says how many of a dataset's files are no images, and names the first."""
    reference, what = found[0]
    count = "1 file is" if len(found) == 1 else f"{len(found):,} files are"
    return (
        f"{count} no image, of {images:,}; the first is {reference!r} ({what}). They are packed as "
        f"they are, and end a run unless its spec says `unreadable: skip`. Replace them, then pack "
        f"again."
    )
