"""How an RGB image of any shape becomes a square one: the three ways that open_clip has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PIL import Image

from benchmarks.narrow_images import RESAMPLING, enlarged_centre, is_narrow

if TYPE_CHECKING:
    from benchmarks.preprocessing import Preprocessing, ResizeMode


def cropped(image: Image.Image, how: Preprocessing) -> Image.Image:
    """The centre of the image, after its shorter side was resized."""
    size = how.size
    if is_narrow(image, size):
        return enlarged_centre(image, size, how.interpolation)
    longer = int(size * max(image.size) / min(image.size))
    width, height = (size, longer) if image.height > image.width else (longer, size)
    image = image.resize((width, height), RESAMPLING[how.interpolation])
    left, top = round((width - size) / 2), round((height - size) / 2)
    return image.crop((left, top, left + size, top + size))


def padded(image: Image.Image, how: Preprocessing) -> Image.Image:
    """The whole image in the middle of the square, after its longer side was resized."""
    size, ratio = how.size, max(image.size) / how.size
    width, height = (max(1, round(side / ratio)) for side in image.size)
    square = Image.new("RGB", (size, size), how.fill_color)
    image = image.resize((width, height), RESAMPLING[how.interpolation])
    square.paste(image, ((size - width) // 2, (size - height) // 2))
    return square


def squashed(image: Image.Image, how: Preprocessing) -> Image.Image:
    """The whole image, both of its sides resized, which changes its aspect ratio."""
    return image.resize((how.size, how.size), RESAMPLING[how.interpolation])


SQUARED: Mapping[ResizeMode, Callable[[Image.Image, Preprocessing], Image.Image]] = {
    "shortest": cropped,
    "longest": padded,
    "squash": squashed,
}
"""By open_clip's name of the way."""
