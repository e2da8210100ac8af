"""What a dataset is to the benchmark: a card of facts, class names, and images by split."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from PIL import Image

from benchmarks.datasets.decoding import png
from benchmarks.datasets.identity.file_hashes import MISSING, Announce, silent
from benchmarks.quoting import cut, one_line

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")


Identity = Literal["revision", "size", "sha256"]
"""What tells an image's contents from others under its name: the dataset's revision, which covers
all images; the size of its file in bytes; or the SHA-256 of its file."""


_LONGEST = 200
"""Characters of an image's path that a message shows."""


class DatasetError(ValueError):
    """A dataset can't be used: says what was expected, what was found, and what to do.

    Whatever names and values it shows, its text can be printed and is one line.
    """

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


class ImageUnreadable(DatasetError):
    """An image is missing or corrupt; names the dataset and the image.

    Attributes:
        reason: why it can't be read.
    """

    def __init__(self, dataset: str, reference: str, reason: str) -> None:
        image = repr(cut(reference, _LONGEST))
        super().__init__(
            f"dataset {dataset}: can't read image {image}: {reason.rstrip('.')}. "
            f"Replace the file, or leave it out with unreadable: skip."
        )
        self.reason = reason
        self._given = dataset, reference, reason

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        """Exceptions are otherwise made again of their message; workers send theirs to others."""
        return ImageUnreadable, self._given


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled image, named but not yet opened.

    Attributes:
        reference: name of the image, unique and stable within its dataset (a relative path, or
            a shard and row).
        label: class index, from 0.
    """

    reference: str
    label: int


@dataclass(frozen=True)
class Ignored:
    """A file among a dataset's images that is not read as one of them.

    Attributes:
        label: of the class in whose folder it lies; None if it lies in none.
        ending: its name's ending, if that is why.
        place: where it lies, if that is why.
    """

    label: int | None
    ending: str
    place: str = ""


@dataclass(frozen=True)
class Source:
    """What tells a dataset's classes and images, for messages.

    Attributes:
        text: what it is and where, such as "the manifest birds.csv".
        remedy: a sentence on what to do when it tells too little.
        ignored: the files that lie there and are not read.
        nested: how many images lie in folders inside class folders and are read.
        notes: what else was found there that the user should know, in words.
    """

    text: str
    remedy: str
    ignored: tuple[Ignored, ...] = ()
    nested: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """Facts about a dataset that are known without its data.

    Attributes:
        name: the name that specs use, in snake case.
        title: the name that people use.
        classes: number of classes.
        images: how many images each split of a full copy has.
        templates: hand-written prompts with one `{}` for the class name; the first one is the
            dataset's own, used by zero-shot and by every method that keeps the text fixed.
        how_to_get: one or two sentences that tell a user how to obtain the data.
        folder: name of the dataset's folder below the data root; empty if it needs none.
        size: approximate download size; empty if there is nothing to download.
        licence: the terms of its owners, in short; not legal advice.
        ensemble: the templates that an ensemble averages; empty if it averages all of `templates`.
        unsplit: images of the whole collection where its published split leaves some out; else 0.
    """

    name: str
    title: str
    classes: int
    images: dict[Split, int] = field(hash=False)
    templates: tuple[str, ...]
    how_to_get: str
    folder: str = ""
    size: str = ""
    licence: str = ""
    ensemble: tuple[str, ...] = ()
    unsplit: int = 0


class Fetch(Protocol):
    """Downloads a dataset."""

    def fetch(self, data_root: Path) -> None:
        """Lays the dataset out below the data root."""


class Dataset(ABC):
    """A labelled image collection with train, val and test splits.

    Subclasses set `card` and implement the abstract methods. Construction must be cheap: nothing is
    read before a method is called, so that a plan can say what is missing.

    Attributes:
        card: facts about the dataset; a class attribute, unless they are known from the data alone.
        upright: whether images are turned as their EXIF orientation says.
        identified_by: what `fingerprints` are; "" of each image if it is the revision.
        download: fetches the dataset; None if a person has to.

    Args:
        root: the data root, which holds one folder per dataset.
    """

    card: Card
    upright: bool = False
    identified_by: Identity = "revision"
    download: Fetch | None = None

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def folder(self) -> Path:
        """This dataset's own folder below the data root."""
        return self.root / self.card.folder

    @abstractmethod
    def missing(self) -> str | None:
        """Says what is missing and how to get it; None when the dataset can be read."""

    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """Class names by label, as they enter a prompt (blanks, not underscores).

        All that there should be, also those without images.

        Raises:
            DatasetError: the dataset is missing, or what lists its classes is malformed.
        """

    @abstractmethod
    def items(self, split: Split) -> Sequence[Item]:
        """The items of a split, always in the same order.

        Raises:
            DatasetError: the dataset is missing, or what lists its images is malformed.
        """

    def shuffled_before_draw(self) -> tuple[int, ...]:
        """Lengths of the lists that the reader behind published results shuffles before it draws.

        It shuffles them in this order, with the generator that draws the few-shot images right
        after. What a shuffle leaves of the generator depends on the list's length alone, so these
        numbers are all that it takes to draw the same images. Empty where readers draw at once.

        Raises:
            DatasetError: the dataset is missing.
        """
        return ()

    def usable(self, items: Sequence[Item]) -> Sequence[Item]:
        """The items of a draw that are used: all, unless unreadable images are left out."""
        return items

    @abstractmethod
    def open(self, item: Item) -> Image.Image:
        """Opens one image, decoded, in RGB.

        Raises:
            ImageUnreadable: the image is missing or corrupt.
        """

    def encoded(self, item: Item) -> bytes:
        """One image as a file that decodes to what `open` returns.

        Raises:
            ImageUnreadable: the image is missing.
        """
        return png(self.open(item))

    def fingerprints(self, items: Sequence[Item], announce: Announce = silent) -> Sequence[str]:
        """What identifies the contents of each image beyond its reference, in order.

        See `identified_by`; `MISSING` for a file that isn't there. Files are looked at anew at
        every call, and read only if they have changed.

        Args:
            items: the images.
            announce: called before files are read.
        """
        del announce
        return [""] * len(items)

    def stamps(self, items: Sequence[Item]) -> Sequence[str]:
        """What changes whenever the contents of an image may have, in order; reads no image.

        Unlike a fingerprint it says nothing to other machines.
        """
        return self.fingerprints(items)

    def absent(self, items: Sequence[Item]) -> str | None:
        """The reference of the first item whose file is missing; None if all are there."""
        found = zip(items, self.fingerprints(items), strict=True)
        return next((item.reference for item, what in found if what == MISSING), None)

    def source(self) -> Source:
        """What tells the classes and images; lists folders, and opens no image."""
        return Source(f"the data of {self.card.name}", self.card.how_to_get)

    def revision(self) -> str:
        """Identifies what references and fingerprints don't; part of every key.

        Raises:
            DatasetError: the dataset is missing.
        """
        return ""

    def place(self) -> str:
        """Where the data are, as this machine calls it: an absolute path or an address."""
        return str(self.folder.absolute())

    def recorded_digest(self) -> str:
        """The digest of all contents (see `FullDigest`) that came with the data; "" without one.

        Raises:
            DatasetError: the dataset is missing.
        """
        return ""

    def remark(self) -> str:
        """Why results can't be compared with published ones; empty if they can."""
        return ""

    def split_as_published(self) -> bool:
        """Whether images are split as in published results, so that a full copy's counts hold.

        Datasets whose remark is on something else than their split override this.
        """
        return not self.remark()
