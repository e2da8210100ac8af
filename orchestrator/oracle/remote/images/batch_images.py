"""The images of a mini-batch in the forms that a service takes, made part by part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from methods.interface import PixelPrompt, Prompts
from orchestrator.errors import UserError
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.remote.description import Capabilities, ImageForm
from orchestrator.oracle.remote.images.image_sets import ImageSet, StoredImages
from orchestrator.oracle.remote.images.pixels import normalised, to_bytes
from orchestrator.oracle.remote.request import Images

_PLACE = 120
"""Bytes of a stored image's place in a message, at most: of its row and the digest of its set."""


class BatchImages(ABC):
    """The B images of a mini-batch.

    Attributes:
        count: their number B.
        shared: bytes of one image in a message, whatever the number of candidates.
        each: bytes of one image in a message for every candidate.
        stored: whether a service has them already.
        alone: whether every candidate needs a question of its own.
    """

    count: int
    shared: int = 0
    each: int = 0
    stored: bool = False
    alone: bool = False

    @abstractmethod
    def part(self, candidates: range, rows: range) -> Images:
        """The images in some rows, as some candidates see them."""

    def sets(self, rows: range) -> Mapping[str, ImageSet]:
        """The sets of stored images that these rows are in, by digest."""
        del rows
        return {}


@dataclass
class PlainImages(BatchImages):
    """Images `(B, 3, S, S)` uint8 that all candidates share."""

    images: Tensor

    def __post_init__(self) -> None:
        self.count, self.shared = len(self.images), self.images[0].nbytes

    def part(self, candidates: range, rows: range) -> Images:
        """See `BatchImages`."""
        del candidates
        return Images(plain=_some(self.images, rows))


@dataclass
class FloatImages(BatchImages):
    """Images `(B, 3, S, S)` float32 that all candidates share, and that aren't exact in 8 bits."""

    images: Tensor

    def __post_init__(self) -> None:
        self.count, self.shared = len(self.images), self.images[0].nbytes

    def part(self, candidates: range, rows: range) -> Images:
        """See `BatchImages`."""
        del candidates
        return Images(pixels=_some(self.images, rows).unsqueeze(0))


@dataclass
class ChangedImages(BatchImages):
    """Images as each candidate changes them; only those of one part are in memory at once."""

    prompt: PixelPrompt
    images: Tensor
    form: ImageForm

    def __post_init__(self) -> None:
        self.count, self.each = len(self.images), 4 * 3 * self.form.size**2

    def part(self, candidates: range, rows: range) -> Images:
        """See `BatchImages`; what a candidate does to an image may depend on the whole batch."""
        with torch.inference_mode():
            changed = [_some(self.prompt.apply(self.images, k), rows) for k in candidates]
        return Images(pixels=torch.stack(changed).float())


@dataclass
class RoundedImages(BatchImages):
    """Images as each candidate changes them, rounded to 8 bits for services that take no others."""

    prompt: PixelPrompt
    images: Tensor
    form: ImageForm

    def __post_init__(self) -> None:
        self.count, self.shared, self.alone = len(self.images), 3 * self.form.size**2, True

    def part(self, candidates: range, rows: range) -> Images:
        """See `BatchImages`."""
        with torch.inference_mode():
            changed = _some(self.prompt.apply(self.images, candidates[0]), rows)
        return Images(plain=to_bytes(changed.float(), self.form))


@dataclass
class NamedSets(BatchImages):
    """Images that the service stores."""

    images: StoredImages

    def __post_init__(self) -> None:
        self.count, self.shared, self.stored = len(self.images), _PLACE, True

    def part(self, candidates: range, rows: range) -> Images:
        """See `BatchImages`."""
        del candidates
        return Images(stored=self.images[rows.start : rows.stop].rows)

    def sets(self, rows: range) -> Mapping[str, ImageSet]:
        """See `BatchImages`."""
        return self.images[rows.start : rows.stop].sets


@dataclass
class SentAgain(BatchImages):
    """Images of sets, for a service that stores none; only those of one part are in memory."""

    images: StoredImages
    form: ImageForm

    def __post_init__(self) -> None:
        self.count, self.shared = len(self.images), 3 * self.form.size**2

    def part(self, candidates: range, rows: range) -> Images:
        """See `BatchImages`."""
        del candidates
        return Images(plain=self.images[rows.start : rows.stop].images())


def batch_images(batch: Batch, prompts: Prompts, capabilities: Capabilities) -> BatchImages:
    """The images of a mini-batch as a service takes them, so that it sees what was meant.

    Raises:
        UserError: the batch lacks the pixels that the prompts change.
    """
    form = capabilities.images
    if prompts.pixels is not None:
        kind = ChangedImages if capabilities.float_pixels else RoundedImages
        return kind(prompts.pixels, _pixels(batch), form)
    if batch.stored is not None and not prompts.touches_images:
        named = NamedSets(batch.stored) if capabilities.stores_images else None
        return named or SentAgain(batch.stored, form)
    images = _pixels(batch)
    plain = to_bytes(images, form)
    if capabilities.float_pixels and not torch.equal(normalised(plain, form), images):
        return FloatImages(images)
    return PlainImages(plain)


def _pixels(batch: Batch) -> Tensor:
    if batch.images is None:
        raise UserError("this prompt changes what the image tower sees, so it needs pixels")
    return batch.images


def _some(images: Tensor, rows: range) -> Tensor:
    return images[rows.start : rows.stop]
