"""What it takes one core to read the images of a dataset, so that a plan can be priced."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import Annotated

import numpy as np
from PIL import Image
from pydantic import Field

from benchmarks.batches import augmentation_generator
from benchmarks.datasets.interface import Dataset, DatasetError, ImageUnreadable, Item
from benchmarks.preprocessing import Preprocessing
from orchestrator.pixels.augmented import augmented
from orchestrator.pixels.levels import Levels

MOST = 16
"""Images that are timed of each dataset."""
MADE_UP = ""
"""Stands for the datasets that aren't here: a made-up photograph is timed for them."""
MADE_UP_SIZE = (500, 375)
"""Width and height of it, in pixels: many photographs on the internet are stored like this."""

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_Open = Callable[[], Image.Image]


@dataclass(frozen=True)
class ImageCosts:
    """Seconds of one core for one image of a dataset.

    Attributes:
        decode: to decode its file.
        augment: to crop, resize and flip what was decoded, and normalise it.
        square: to make square what was decoded, as for testing, and normalise it.
        cached: to normalise a square image that is kept.
    """

    decode: Seconds
    augment: Seconds
    square: Seconds
    cached: Seconds


def measure_images(dataset: Dataset | None, preprocessing: Preprocessing) -> ImageCosts | None:
    """Times some images of a dataset, a made-up one if it is None; None if none can be read.

    Seconds are of the processor alone: waiting for a disk or a network isn't among them. A GPU
    normalises by itself, in far less.

    Args:
        dataset: one that is there.
        preprocessing: how the model sees images.
    """
    files = [_made_up_file()] * 4 if dataset is None else _files(dataset)
    how, found = replace(preprocessing, augmentation="crop_flip"), []
    for place, file in enumerate((*files[:1], *files)):
        with suppress(ImageUnreadable):
            found.append(_timed(file, how, place))
    timed = found[1:] or found  # the first one also loads what decodes
    return ImageCosts(*np.array(timed).mean(axis=0).tolist()) if timed else None


def _files(dataset: Dataset) -> Sequence[_Open]:
    """Opens some images, spread over the training split; over the test split if it has none."""
    try:
        items: Sequence[Item] = dataset.items("train") or dataset.items("test")
    except DatasetError:
        return ()
    step = max(1, len(items) // MOST)
    return [partial(dataset.open, item) for item in items[::step][:MOST]]


def _timed(file: _Open, how: Preprocessing, place: int) -> tuple[float, float, float, float]:
    """Seconds of decoding, augmenting, squaring, and taking what is kept."""
    levels, out = Levels(how), np.empty((3, how.size, how.size), np.float32)
    start = time.thread_time()
    pixels = np.asarray(file().convert("RGB"))
    decoded = time.thread_time()
    levels.write(augmented(pixels, how, augmentation_generator(0, 0, place)), out)
    cropped = time.thread_time()
    square = np.asarray(how.squared(Image.fromarray(pixels)))
    levels.write(square, out)
    squared = time.thread_time()
    levels.write(square, out)
    done = time.thread_time()
    return decoded - start, cropped - decoded, squared - cropped, done - squared


def _made_up_file() -> _Open:
    """A JPEG of coloured patches, with about as much detail as a photograph."""
    draws, (width, height) = np.random.default_rng(0), MADE_UP_SIZE
    rough = draws.integers(0, 256, (height // 12, width // 12, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(rough).resize(MADE_UP_SIZE, Image.Resampling.BICUBIC))
    grain = draws.normal(0, 6, smooth.shape)
    pixels = np.clip(smooth + grain, 0, 255).astype(np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return lambda: Image.open(BytesIO(file.getvalue()))
