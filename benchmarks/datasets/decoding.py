"""Decodes the bytes of image files to RGB pixels."""

import io
import struct
import zlib

from PIL import Image, ImageOps, UnidentifiedImageError

# What Pillow raises on broken bytes, depending on the format and on what is broken.
_BROKEN = (
    UnidentifiedImageError, OSError, SyntaxError, ValueError, IndexError, TypeError, EOFError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip


class Undecodable(ValueError):
    """Bytes can't be decoded to an image; says why."""


def decode(data: bytes, *, upright: bool = False) -> Image.Image:
    """Decodes any mode that Pillow knows (greyscale, palette, RGBA, CMYK, ...) to RGB.

    Args:
        data: an image file.
        upright: whether to turn the image as its EXIF orientation says. Known datasets are read
            without it, as CoOp and CLIP do, so that results stay comparable.

    Raises:
        Undecodable: truncated, no image at all, or larger than Pillow allows.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            turned = ImageOps.exif_transpose(image) if upright else image
            return _eight_bit(turned).convert("RGB")
    except _BROKEN as error:
        raise Undecodable(str(error) or type(error).__name__) from None


def png(image: Image.Image) -> bytes:
    """The image as a PNG file, without loss."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scales 16-bit greyscale to 8 bits; `convert` alone would clip values at 255."""
    if not image.mode.startswith("I;16"):
        return image
    return image.convert("I").point(lambda value: value / 257).convert("L")
