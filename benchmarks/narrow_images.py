"""Enlarges very narrow images no further than the crop that follows looks at.

CLIP's transform makes 224 x 1,120,000 pixels of an image of 1 x 5,000, a gigabyte, and keeps 224 x
224 of them. Here those alone are computed, by Pillow's arithmetic, so that all values are those of
the plain way.

Pillow first resizes along rows, then along columns. Each time a pixel is the sum of the few source
pixels around its centre times weights, which are whole multiples of 2^-22, rounded to 8 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from benchmarks.preprocessing import Interpolation

RESAMPLING: dict[Interpolation, Image.Resampling] = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}
"""Pillow's names of interpolations."""

_NARROW = 8
"""Images whose sides have at most this ratio are resized whole, which costs little."""
_BITS = 22
"""Fractional bits of Pillow's weights."""
_REACH = {"bicubic": 2, "bilinear": 1}
"""How far from its centre a pixel looks, in source pixels."""


def is_narrow(image: Image.Image, size: int) -> bool:
    """Whether resizing the shorter side to `size` makes far more pixels than a crop keeps."""
    short, long = sorted(image.size)
    return short < size and long > _NARROW * short


def enlarged_centre(image: Image.Image, size: int, interpolation: Interpolation) -> Image.Image:
    """The central `size` x `size` pixels of an image whose shorter side is resized to `size`.

    Args:
        image: an RGB image; one side is shorter than `size`, and than the other side.
        size: height and width of the result, in pixels.
        interpolation: how pixels are made of those around them.
    """
    tall = image.height > image.width
    taps = _taps(min(image.size), max(image.size), size, interpolation)
    first, end = int(taps.places.min()), int(taps.places.max()) + 1
    taps = _Taps(taps.places - first, taps.weights)
    if tall:
        part = image.crop((0, first, image.width, end))
        part = part.resize((size, part.height), RESAMPLING[interpolation])
        return taps.applied(part, axis=0)
    part = taps.applied(image.crop((first, 0, end, image.height)), axis=1)
    return part.resize((size, size), RESAMPLING[interpolation])


@dataclass(frozen=True)
class _Taps:
    """What pixels along a line are made of: S of them, each of T source pixels.

    Attributes:
        places: places `(T, S)` of the source pixels on their line.
        weights: their weights `(T, S)`, in units of 2^-22.
    """

    places: NDArray[np.int64]
    weights: NDArray[np.int64]

    def applied(self, image: Image.Image, axis: int) -> Image.Image:
        """The image with each of its lines along an axis made anew, S pixels long."""
        pixels = np.asarray(image).astype(np.int64)
        shape = (-1, 1, 1) if axis == 0 else (1, -1, 1)
        total = np.int64(1 << (_BITS - 1))  # so that the shift below rounds
        for places, weights in zip(self.places, self.weights, strict=True):
            total = total + pixels.take(places, axis=axis) * weights.reshape(shape)
        return Image.fromarray((total >> _BITS).clip(0, 255).astype(np.uint8))


def _taps(short: int, long: int, size: int, interpolation: Interpolation) -> _Taps:
    """What the kept pixels along the longer side are made of."""
    length = int(size * long / short)  # of the resized longer side, as torchvision rounds it
    start = round((length - size) / 2)
    kept = np.arange(start, start + size)
    if interpolation == "nearest":
        places = _nearest(long, length)[kept]
        return _Taps(places[None], np.full((1, size), 1 << _BITS))
    centres = (kept + 0.5) * (long / length)
    reach = _REACH[interpolation]
    first = (centres - reach + 0.5).astype(np.int64)  # towards zero, like all that follows
    places = first + np.arange(2 * reach + 1)[:, None]
    last = (centres + reach + 0.5).astype(np.int64)
    weights = _kernel(np.abs(places - centres + 0.5), interpolation)
    weights[(places < 0) | (places >= np.minimum(last, long))] = 0
    weights /= weights.sum(axis=0)
    whole = (weights * (1 << _BITS) + np.copysign(0.5, weights)).astype(np.int64)
    return _Taps(places.clip(0, long - 1), whole)


def _kernel(far: NDArray[np.float64], interpolation: Interpolation) -> NDArray[np.float64]:
    """Weights of source pixels that are so far from a centre; bicubic as Keys has it, a = -1/2.

    The operations and their order are Pillow's, on which the last bit depends.
    """
    if interpolation == "bilinear":
        return np.where(far < 1, 1 - far, 0.0)
    near = (1.5 * far - 2.5) * far * far + 1
    outer = (((far - 5) * far + 8) * far - 4) * -0.5
    return np.where(far < 1, near, np.where(far < 2, outer, 0.0))


def _nearest(long: int, length: int) -> NDArray[np.int64]:
    """The source pixel of each pixel of a line, by resizing a line of their numbers."""
    line = Image.fromarray(np.arange(long, dtype=np.int32)[None])
    resized = line.resize((length, 1), Image.Resampling.NEAREST)
    places: NDArray[np.int64] = np.asarray(resized)[0].astype(np.int64)
    return places
