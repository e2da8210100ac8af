"""The classes that a dataset should have, held against the images that it has of each."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.datasets.class_names import alike, plain, refuse_alike, shown
from benchmarks.datasets.interface import SPLITS, Dataset, DatasetError, Source, Split
from benchmarks.datasets.items import Items
from benchmarks.quoting import cut, quoted


@dataclass(frozen=True)
class Roll:
    """The roll of a dataset's classes.

    Attributes:
        dataset: the dataset's name.
        names: the classes that there should be, by label.
        images: how many readable images there are of each label, by split.
        source: what tells the classes and images.
    """

    dataset: str
    names: tuple[str, ...]
    images: Mapping[Split, Mapping[int, int]]
    source: Source

    def without(self, *splits: Split) -> list[int]:
        """Labels of the classes that have no image in any of some splits."""
        return [
            label
            for label in range(len(self.names))
            if not any(self.images[split].get(label) for split in splits)
        ]

    def check(self) -> None:
        """Refuses classes that a user has to mend.

        Raises:
            DatasetError: two classes have one prompt, a class has no name or no images, there is
                no test image, or no class has images both to train on and to test.
        """
        where = f"dataset {self.dataset}: in {self.source.text}"
        refuse_alike(self.names, where)
        if not all(map(plain, self.names)):
            raise DatasetError(f"{where}, the name of a class has no letters. Give it another one.")
        empty = self.without(*SPLITS)
        if empty:
            raise DatasetError(
                f"{where}, no images are of {self.described(empty)}. {self.source.remedy}"
            )
        if not any(self.images["test"].values()):
            raise DatasetError(
                f"{where}, there are no test images, so nothing can be measured. Add some; where "
                f"images are split 70/10/20 here, a class needs two images to have one to test."
            )

        self._check_splits(where)

    def _check_splits(self, where: str) -> None:
        """Refuses a test split of other classes, such as the folder test/unknown/."""
        trained, tested = self._present("train"), self._present("test")
        if trained and not trained & tested:
            raise DatasetError(
                f"{where}, no class has both training and test images: training images are of "
                f"{self._quoted(trained)}, test images of {self._quoted(tested)}. Sort both into "
                f"the same classes."
            )

    def described(self, labels: Sequence[int]) -> str:
        """Classes without images, with what lies there instead."""
        classes = "the class" if len(labels) == 1 else "the classes"
        return f"{classes} {shown(quoted(self.names[n]) + self._instead(n) for n in labels)}"

    def notes(self, measured: Split = "test") -> Iterator[str]:
        """What the user should know of the classes and images, though it can be worked with.

        Args:
            measured: the split on which accuracy is measured.
        """
        unmeasured = self.without(measured)
        if any(self.images[measured].values()) and unmeasured:
            kind = {"test": "test", "val": "validation", "train": "training"}[measured]
            yield (
                f"{self.dataset}: accuracy says nothing of {counted(len(unmeasured))} without "
                f"{kind} images: {self._named(unmeasured)}"
            )
        shared = [f"{cut(self.names[group[0]])} {_labels(group)}" for group in alike(self.names)]
        if shared:
            yield (
                f"{self.dataset}: its list of classes has names that stand for more than one "
                f"class, and can't be told apart by a prompt: {shown(shared)}"
            )
        if self.source.nested:
            yield (
                f"{self.dataset}: images in folders inside class folders ({self.source.nested:,}) "
                f"are of the outer folder's class"
            )
        yield from self.ignored()
        yield from (f"{self.dataset}: {note}" for note in self.source.notes)

    def all_notes(self) -> Iterator[str]:
        """`notes`, and which classes can't be trained on, though others can."""
        untrained = self.without("train")
        if any(self.images["train"].values()) and untrained:
            yield (
                f"{self.dataset}: prompts can't be trained on {counted(len(untrained))} without "
                f"training images: {self._named(untrained)}"
            )
        yield from self.notes()

    def ignored(self) -> Iterator[str]:
        """What lies among the images and is not read."""
        by_ending = Counter(file.ending for file in self.source.ignored if file.ending)
        if by_ending:
            files = "file" if by_ending.total() == 1 else "files"
            verb = "is" if by_ending.total() == 1 else "are"
            yield (
                f"{self.dataset}: {by_ending.total():,} {files} with other endings {verb} ignored: "
                f"{_endings(by_ending)}"
            )
        for place, number in Counter(file.place for file in self.source.ignored).items():
            if place:
                images, verb = ("image", "is") if number == 1 else ("images", "are")
                yield f"{self.dataset}: {number:,} {images} {place} {verb} ignored"

    def _instead(self, label: int) -> str:
        """The files that a class has in place of images, in brackets."""
        endings = Counter(f.ending for f in self.source.ignored if f.label == label and f.ending)
        return f" (only {_endings(endings)}, which are not read)" if endings else ""

    def _present(self, split: Split) -> set[int]:
        return {label for label, images in self.images[split].items() if images}

    def _quoted(self, labels: Iterable[int]) -> str:
        return shown(quoted(self.names[n]) for n in sorted(labels))

    def _named(self, labels: Iterable[int]) -> str:
        return shown(cut(self.names[label]) for label in labels)


def roll_of(dataset: Dataset) -> Roll:
    """The roll of a dataset; opens no image.

    Raises:
        DatasetError: the dataset can't be read.
    """
    images: dict[Split, Mapping[int, int]] = {
        split: {label: len(places) for label, places in _by_label(dataset, split).items()}
        for split in SPLITS
    }
    return Roll(dataset.card.name, dataset.class_names(), images, dataset.source())


def _by_label(dataset: Dataset, split: Split) -> Mapping[int, Sequence[int]]:
    return Items.of(dataset.usable(dataset.items(split))).by_label


def counted(classes: int) -> str:
    """`1 class`, `2 classes`."""
    return "1 class" if classes == 1 else f"{classes:,} classes"


def _labels(group: tuple[int, ...]) -> str:
    return f"({' and '.join(map(str, group))})"


def _endings(endings: Mapping[str, int]) -> str:
    """`.heic (12), .txt (1)`: the most frequent first."""
    ordered = sorted(endings.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{ending} ({number:,})" for ending, number in ordered)
