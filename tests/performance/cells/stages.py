"""What the stages of a cell cost by themselves, in CPU seconds of one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

import numpy as np
import torch
from PIL import Image

from benchmarks.batches import augmentation_generator
from benchmarks.datasets.interface import Dataset, Item
from benchmarks.preprocessing import Preprocessing
from methods.interface import Prompts
from orchestrator.oracle.clip import ClipOracle
from orchestrator.oracle.interface import Batch
from orchestrator.pixels.cache.pixel_cache import PixelCache
from orchestrator.pixels.levels import Levels
from orchestrator.pixels.packs import Pack

ENCODE_IMAGE, ENCODE_TEXT = "encode an image", "encode a text"

_ROUNDS = 3
_ROOM = 2**30
_CANDIDATES = 2
_CONTEXT_TOKENS = 8

Unit = Literal["image", "text"]


@dataclass(frozen=True)
class Stage:
    """What one piece of work costs.

    Attributes:
        name: what is done.
        seconds: for one image, or one text.
        of: what it is done to.
        fed: whether images pass it on their way to the device, so that cores have to keep up.
    """

    name: str
    seconds: float
    of: Unit = "image"
    fed: bool = True


@dataclass(frozen=True)
class Photographs:
    """Some images of a split, with their transform in training.

    Attributes:
        dataset: opens them.
        items: which ones.
        preprocessing: with the augmentation.
        packs: an empty folder.
    """

    dataset: Dataset
    items: Sequence[Item]
    preprocessing: Preprocessing
    packs: Path


def pixel_stages(photographs: Photographs) -> Iterator[Stage]:
    """What is done to an image before it is encoded."""
    how, items = photographs.preprocessing, photographs.items
    full = [_decoded(photographs.dataset, item) for item in items]
    square = [how.squared(image) for image in full]
    generators = [augmentation_generator(0, 0, row) for row in range(len(items))]

    def augment() -> None:
        for image, generator in zip(full, generators, strict=True):
            how.augmented(image, generator)

    def normalise() -> None:
        for image in square:
            levels.write(np.asarray(image), room)

    def each(name: str, work: Callable[[], object]) -> Stage:
        return Stage(name, _each(work, len(items)))

    levels, room = Levels(how), np.empty((3, how.size, how.size), dtype=np.float32)
    pack = _filled(photographs.packs, full)
    yield each("decode", lambda: [_decoded(photographs.dataset, item) for item in items])
    yield each("read from a pack", lambda: [np.array(pack.get(row)) for row in range(len(items))])
    yield each("crop, resize, flip (training)", augment)
    yield each("resize, crop (test)", lambda: [how.squared(image) for image in full])
    yield each("normalise, old path", lambda: [how.test(image) for image in square])
    yield each("normalise", normalise)


def tower_stages(oracle: ClipOracle, batch: int, size: int) -> list[Stage]:
    """What the model does to an image, and to a class's text with a soft context.

    Args:
        oracle: the model.
        batch: images at once.
        size: height and width of images, in pixels.
    """
    images = torch.randn(batch, 3, size, size)
    features = oracle.encode_images(images)
    of_features = Batch(torch.zeros(batch, dtype=torch.long), features=features)
    context = torch.randn(_CANDIDATES, _CONTEXT_TOKENS, oracle.space.text_width)

    def image() -> None:
        oracle.encode_images(images).cpu()  # waits for the device

    def text() -> None:
        oracle.query(Prompts(context=context), of_features)

    texts = _CANDIDATES * oracle.classes
    text()  # what a trial computes once
    return [
        Stage(ENCODE_IMAGE, _each(image, batch, time.perf_counter), fed=False),
        Stage(ENCODE_TEXT, _each(text, texts, time.perf_counter), "text", fed=False),
    ]


def _filled(folder: Path, images: Sequence[Image.Image]) -> Pack:
    """A pack of images, each of which was read once and so compared with its checksum."""
    pack = PixelCache(folder, _ROOM).pack("0" * 64, len(images))
    for row, image in enumerate(images):
        pack.put(row, np.asarray(image))
        pack.get(row)
    return pack


def _decoded(dataset: Dataset, item: Item) -> Image.Image:
    return dataset.open(item).convert("RGB")


def _each(
    work: Callable[[], object], count: int, clock: Callable[[], float] = time.process_time
) -> float:
    """Seconds for each of `count`, the middle of three rounds."""
    taken = []
    for _ in range(_ROUNDS):
        start = clock()
        work()
        taken.append((clock() - start) / count)
    return median(taken)
