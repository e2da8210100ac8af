"""Datasets whose images are available as encoded files (PNG, JPEG, ...)."""

from abc import abstractmethod

from PIL import Image

from benchmarks.datasets.decoding import Undecodable, decode
from benchmarks.datasets.interface import Dataset, ImageUnreadable, Item


class EncodedDataset(Dataset):
    """Opens an image by decoding the bytes that `encoded` returns."""

    def open(self, item: Item) -> Image.Image:
        """The decoded image in RGB.

        Raises:
            ImageUnreadable: the image is missing or corrupt.
        """
        try:
            return decode(self.encoded(item), upright=self.upright)
        except Undecodable as error:
            raise self.unreadable(item, str(error)) from None

    @abstractmethod
    def encoded(self, item: Item) -> bytes:
        """The bytes of the image's file.

        Raises:
            ImageUnreadable: the image is missing.
        """

    def unreadable(self, item: Item, reason: str) -> ImageUnreadable:
        """The error that names an image of this dataset."""
        return ImageUnreadable(self.card.name, item.reference, reason)
