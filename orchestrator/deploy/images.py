"""Images that a person gives, decoded as datasets decode theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps

from benchmarks.datasets.decoding import BROKEN, Undecodable, decode
from benchmarks.datasets.greys import eight_bits
from benchmarks.datasets.interface import Card, Dataset, Item, Split
from benchmarks.quoting import brief, cut, one_line
from orchestrator.errors import UserError

_NOT_OF_NUMPY = (torch.bfloat16,)
_EXPECTED = "Expected paths, Pillow images, or an array (N, H, W, 3) of uint8"


class GivenImages(Dataset):
    """Some images as the test split of a dataset, so that they are prepared as those are.

    Args:
        images: paths, Pillow images or arrays.
        upright: whether they are turned as their EXIF orientation says.
    """

    card = Card("images", "images", 0, {"train": 0, "val": 0, "test": 0}, (), "")

    def __init__(self, images: Sequence[Any], *, upright: bool) -> None:
        super().__init__(Path())
        self.upright = upright
        self._images = images

    def missing(self) -> str | None:
        return None

    def class_names(self) -> tuple[str, ...]:
        return ()

    def items(self, split: Split) -> Sequence[Item]:
        images = self._images if split == "test" else ()
        return tuple(Item(str(number), 0) for number in range(len(images)))

    def open(self, item: Item) -> Image.Image:
        return _decoded(self._images[int(item.reference)], int(item.reference), self.upright)


def in_portions(images: Any, size: int) -> Iterator[list[Any]]:
    """Images in lists of at most so many; each is a path, a Pillow image or an array `(H, W, 3)`.

    Args:
        images: one path or Pillow image, any number of them, or an array `(N, H, W, 3)`.
        size: of a list.

    Raises:
        UserError: they are something else.
    """
    rest = iter(_several(images))
    while portion := list(islice(rest, size)):
        yield portion


def _several(images: Any) -> Iterable[Any]:
    if isinstance(images, str | Path | Image.Image):
        return [images]
    if isinstance(images, torch.Tensor):
        images = _array(images)
    if isinstance(images, np.ndarray):
        _check_array(images, dimensions=4)
        return images
    if isinstance(images, bytes) or not isinstance(images, Iterable):
        raise UserError(f"{_EXPECTED}, got {cut(type(images).__name__)}.")
    return images


def _array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """A tensor as an array; of formats that NumPy hasn't, as float32."""
    plain = tensor.detach().cpu()
    return (plain.float() if plain.dtype in _NOT_OF_NUMPY else plain).numpy()


def _check_array(array: np.ndarray[Any, Any], *, dimensions: int) -> None:
    """Refuses arrays whose meaning would be a guess."""
    shape = array.shape
    if array.dtype == np.uint8 and array.ndim == dimensions and shape[-1] == 3:
        if 0 in shape[-3:]:
            raise UserError(f"images need pixels, got an array {shape}.")
        return
    hint = ""
    if array.dtype.kind in "OSU":
        hint = " Paths and Pillow images are given in a list."
    elif array.dtype != np.uint8:
        hint = " Values from 0 to 1 become uint8 by (255 * images).round().astype('uint8')."
    elif array.ndim == dimensions and shape[1 if dimensions == 4 else 0] == 3:
        hint = " Colours come last: images.transpose(0, 2, 3, 1)."
    elif array.ndim == dimensions - 1:
        hint = " One image is images[None]."
    raise UserError(f"{_EXPECTED}, got an array {shape} of {array.dtype}.{hint}")


def _decoded(image: Any, number: int, upright: bool) -> Image.Image:
    """One image in RGB.

    Raises:
        UserError: it is missing, corrupt, or no image.
    """
    if isinstance(image, str | Path):
        return _read(Path(image), upright)
    if isinstance(image, Image.Image):
        if 0 in image.size:
            raise UserError(f"image {number} has no pixels: its size is {image.size}.")
        try:
            image.load()
            turned = ImageOps.exif_transpose(image) if upright else image
            return eight_bits(turned, image).convert("RGB")
        except BROKEN as error:
            raise UserError(f"image {number} can't be decoded: {brief(error)}.") from None
    if isinstance(image, torch.Tensor):
        image = _array(image)
    if isinstance(image, np.ndarray):
        _check_array(image, dimensions=3)
        return Image.fromarray(np.ascontiguousarray(image))
    raise UserError(f"{_EXPECTED}, got {cut(type(image).__name__)} as image {number}.")


def _read(path: Path, upright: bool) -> Image.Image:
    try:
        return decode(path.expanduser().read_bytes(), upright=upright)
    except Undecodable as error:
        why = str(error).rstrip(".")
    except (OSError, ValueError) as error:  # the latter of what can't be a file's name
        why = getattr(error, "strerror", None) or brief(error)
    raise UserError(f"the image {one_line(str(path))} can't be read: {why}.")
