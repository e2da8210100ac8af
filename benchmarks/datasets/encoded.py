"""Datasets whose images are there as the bytes of files."""

from __future__ import annotations

from abc import abstractmethod

from PIL import Image

from benchmarks.datasets.decoding import Undecodable, decode
from benchmarks.datasets.interface import Dataset, ImageUnreadable, Item


class EncodedDataset(Dataset):
    """Opens images by decoding what `encoded` gives."""

    def open(self, item: Item) -> Image.Image:
        try:
            return decode(self.encoded(item), upright=self.upright)
        except Undecodable as error:
            raise self.unreadable(item, str(error)) from None

    @abstractmethod
    def encoded(self, item: Item) -> bytes:
        """The image's file as it is.

        Raises:
            ImageUnreadable: the image is missing.
        """

    def unreadable(self, item: Item, reason: str) -> ImageUnreadable:
        """The error that names an image of this dataset."""
        return ImageUnreadable(self.card.name, item.reference, reason)
