"""Decodes the bytes of image files to RGB pixels."""

import io
import struct
import zlib

from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ImageCms import PyCMSError

from benchmarks.datasets.greys import eight_bits
from benchmarks.datasets.stand_ins import stand_in
from benchmarks.quoting import brief

# What Pillow raises on broken bytes, depending on the format and on what is broken.
_BROKEN = (
    UnidentifiedImageError, OSError, SyntaxError, ValueError, IndexError, TypeError, EOFError,
    struct.error, zlib.error, Image.DecompressionBombError, PyCMSError,
    # Those of AVIF, BLP and DDS, and what may come of numbers that no writer would have written.
    RuntimeError, ArithmeticError, LookupError, AttributeError, AssertionError,
)  # fmt: skip


class Undecodable(ValueError):
    """Bytes can't be decoded to an image; says why."""


def decode(data: bytes, *, upright: bool = False) -> Image.Image:
    """Decodes any mode that Pillow knows (grey of 1 to 32 bits, palette, RGBA, CMYK, ...) to RGB.

    Args:
        data: an image file.
        upright: whether to turn the image as its EXIF orientation says. Known datasets are read
            without it, as CoOp and CLIP do, so that results stay comparable.

    Raises:
        Undecodable: truncated, no image at all, larger than Pillow allows, or grey values of which
            it is unknown what white is (see `eight_bits`).
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            turned = ImageOps.exif_transpose(image) if upright else image
            return eight_bits(turned, image).convert("RGB")
    except UnidentifiedImageError:
        known = stand_in(data[:512])
        raise Undecodable(known or "it is no image of a known format, or damaged") from None
    except _BROKEN as error:
        raise Undecodable(brief(error)) from None


def png(image: Image.Image) -> bytes:
    """The image as a PNG file, without loss."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
