"""Brings grey images of more than 8 bits to 8 bits; Pillow alone would clip their values at 255."""

from PIL import Image, ImageOps

_FULL = 65_535
"""White of 16 bits. Pillow scales PGM files of other depths, and JPEG 2000, to it."""

_TWELVE = 4_095
"""White of 12 bits, which Pillow reads from TIFF files as they are."""

_DARKEST = 16
"""White over the highest value from which on a file holds fewer bits than it says: 12-bit values in
a file of 16 bits end at a sixteenth of white, and would become 16 shades of black."""

_BITS, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0  # TIFF 6.0, section 8


def eight_bits(image: Image.Image, file: Image.Image) -> Image.Image:
    """The image with 8 bits a channel; one that has them already is returned as it is.

    White is what the file's format says. 32-bit integers and floats say nothing of it: values
    from 0 to 255 are taken as they are, and floats from 0 to 1 are scaled.

    Args:
        image: what to convert.
        file: the image as it was opened, which knows its format.

    Raises:
        ValueError: the values would all become black or white, or it is unknown what white is.
    """
    if image.mode == "La":  # grey with premultiplied alpha, which has no way to RGB
        return image.convert("LA")
    if image.mode == "F":
        grey = _from_unknown(image, floats=True)
    elif image.mode.startswith("I;16") or (image.mode == "I" and file.format == "PPM"):
        grey = _from_range(image.convert("I"), _white(file))
    elif image.mode == "I":
        grey = _from_unknown(image, floats=False)
    else:
        return image
    return ImageOps.invert(grey) if _tag(file, _PHOTOMETRIC) == _WHITE_IS_ZERO else grey


def _white(file: Image.Image) -> int:
    return _TWELVE if _tag(file, _BITS) in (12, (12,)) else _FULL


def _tag(file: Image.Image, number: int) -> object:
    """A tag of a TIFF file; None for other files."""
    return file.tag_v2.get(number) if hasattr(file, "tag_v2") and file.format == "TIFF" else None


def _from_range(image: Image.Image, white: int) -> Image.Image:
    """Scales 0 to `white` to 0 to 255."""
    _, highest = image.getextrema()
    assert isinstance(highest, int | float)
    if 0 < highest <= white // _DARKEST:
        raise ValueError(
            f"its values end at {highest} where white is {white}, so all of it would be almost "
            f"black, or white; convert it to 8 bits"
        )
    if white == _FULL:
        return image.point(lambda value: value / 257).convert("L")
    return image.point(lambda value: value * (255 / white) + 0.5).convert("L")


def _from_unknown(image: Image.Image, *, floats: bool) -> Image.Image:
    """Values from 0 to 255 as they are, and floats from 0 to 1 scaled."""
    import numpy as np

    values = np.asarray(image)
    lowest, highest = values.min(), values.max()  # NaN if any value is
    if floats and lowest >= 0 and highest <= 1:
        return Image.fromarray(np.rint(values * 255).astype(np.uint8))
    if lowest >= 0 and highest <= 255:
        return image.convert("L")
    expected = "0 to 1 or 0 to 255" if floats else "0 to 255"
    raise ValueError(
        f"expected values from {expected} in a grey image of 32 bits or of signed ones, got "
        f"{lowest:g} to {highest:g}; convert it to 8 or 16 bits"
    )
