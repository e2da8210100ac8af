"""Images of a split as tensors, decoded and transformed in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self

import numpy as np
from PIL import Image

from benchmarks.datasets.interface import Dataset, Item
from benchmarks.preprocessing import Preprocessing
from orchestrator.pixels.augmented import augmented
from orchestrator.pixels.feed import Delivery, Feed, in_advance
from orchestrator.pixels.kept import KeptImages
from orchestrator.pixels.levels import Levels
from orchestrator.pixels.packs import Pixels
from orchestrator.pixels.rgb import rgb_of

if TYPE_CHECKING:
    import torch
    from torch import Tensor

CHUNK = 256
"""Images that are encoded together, and are observed together where prompts change them."""

Draw = Callable[[int], "torch.Generator"]
"""The random generator that augments the image of a place in a batch, and no other one."""


@dataclass(frozen=True)
class ImageSplit:
    """Images of a split, and how they become tensors.

    Attributes:
        dataset: opens the images.
        items: the split, in order.
        preprocessing: the transform.
        name: which split it is, for messages.
        feed: makes batches of them.
        kept: keeps their pixels, and those of other images in the same list; None if nothing does.
    """

    dataset: Dataset
    items: tuple[Item, ...]
    preprocessing: Preprocessing
    name: str = "test"
    feed: Feed = field(default_factory=Feed, compare=False, repr=False)
    kept: KeptImages | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.kept is not None and self.kept.how != self.preprocessing:
            raise ValueError("images are kept as another transform makes them")

    def pixels(self, size: int = CHUNK) -> Iterator[Tensor]:
        """Images as testing sees them, `(<= size, 3, S, S)` at a time, made ahead in threads.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        rows = range(len(self.items))
        chunks = (self.start(rows[at : at + size]) for at in range(0, len(rows), size))
        return in_advance(chunks, self.ahead(size))

    def start(self, rows: Sequence[int], draw: Draw | None = None) -> Delivery:
        """Has threads make the images in some rows, as `Delivery` gives them.

        Args:
            rows: the rows.
            draw: augments them as training does; None shows them as testing sees them.
        """
        if self.kept is not None:
            self.kept.find()
        make = partial(self._image, rows, draw)
        return self.feed.start(make, len(rows), self.preprocessing.size, self._levels)

    def some(self, rows: Sequence[int], draw: Draw | None = None) -> Tensor:
        """The images in some rows, `(n, 3, S, S)`; see `start`.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        return self.start(rows, draw).images()

    def ahead(self, size: int) -> int:
        """How many batches of so many images to start ahead of the one that is in use."""
        return self.feed.ahead(size, self.preprocessing.size)

    def part(self, rows: Sequence[int]) -> Self:
        """The images in some rows as a split of their own."""
        return replace(self, items=tuple(self.items[row] for row in rows))

    def kept_as(self, how: Preprocessing, listed: Sequence[Item]) -> Self:
        """The same images by a transform, their pixels kept with those of all images of a list."""
        kept = KeptImages.of(self.feed.packs, self.dataset, listed, how)
        return replace(self, preprocessing=how, kept=kept)

    @property
    def labels(self) -> list[int]:
        """Class indices, in order."""
        return [item.label for item in self.items]

    def _image(self, rows: Sequence[int], draw: Draw | None, place: int) -> Pixels:
        """An image `(S, S, 3)` before it is normalised."""
        item, how = self.items[rows[place]], self.preprocessing
        if how.augmentation == "none":
            return self._squared(item)
        pixels = None if self.kept is None else self.kept.get(item)
        if pixels is not None and draw is not None:
            return augmented(pixels, how, draw(place))
        image = self._decoded(item) if pixels is None else Image.fromarray(pixels)
        return rgb_of(how.squared(image) if draw is None else how.augmented(image, draw(place)))

    def _squared(self, item: Item) -> Pixels:
        """An image as testing sees it, before it is normalised."""
        size, found = self.preprocessing.size, None if self.kept is None else self.kept.get(item)
        if found is not None and found.shape == (size, size, 3):
            return found
        made = np.asarray(self.preprocessing.squared(self.dataset.open(item)))
        if self.kept is not None:
            self.kept.put(item, made)
        return made

    def _decoded(self, item: Item) -> Image.Image:
        """An image decoded anew."""
        image = self.dataset.open(item)
        if self.kept is not None:
            image = image if image.mode == "RGB" else image.convert("RGB")
            self.kept.put(item, np.asarray(image))
        return image

    @cached_property
    def _levels(self) -> Levels:
        return Levels(self.preprocessing)
