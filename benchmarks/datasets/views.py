"""A dataset without some of its images; few-shot draws are those of the whole dataset."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Literal

from PIL import Image

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.completeness import count
from benchmarks.datasets.identity.file_hashes import Announce, silent
from benchmarks.datasets.interface import SPLITS, Card, Dataset, Identity, Item, Source, Split
from benchmarks.datasets.items import Items
from benchmarks.quoting import quoted

OnUnreadable = Literal["fail", "skip"]
"""What to do about an image that is missing or corrupt."""


class DatasetView(Dataset):
    """Another dataset without its unreadable images, or without its test split.

    Args:
        dataset: the other dataset.
        unreadable: references of images to leave out. Training images are still drawn from all
            images, and these are left out afterwards: the other drawn images stay the same.
        blind: whether to leave the test split out, unread, so that nothing can be tuned on it.
    """

    def __init__(
        self, dataset: Dataset, unreadable: Iterable[str] = (), *, blind: bool = False
    ) -> None:
        super().__init__(dataset.root)
        self._dataset = dataset
        self._unreadable = frozenset(unreadable)
        self._blind = blind

    @property
    def card(self) -> Card:  # type: ignore[override]
        """The other dataset's; what is packed alone knows its card only when it is read."""
        return self._dataset.card

    @property
    def upright(self) -> bool:  # type: ignore[override]
        """As in the other dataset."""
        return self._dataset.upright

    @property
    def identified_by(self) -> Identity:  # type: ignore[override]
        """As in the other dataset."""
        return self._dataset.identified_by

    def items(self, split: Split) -> Sequence[Item]:
        if split != "test":
            return self._dataset.items(split)
        return () if self._blind else self.usable(self._dataset.items(split))

    def shuffled_before_draw(self) -> tuple[int, ...]:
        return self._dataset.shuffled_before_draw()

    def usable(self, items: Sequence[Item]) -> Sequence[Item]:
        kept = self._dataset.usable(items)
        if not self._unreadable:
            return kept
        return tuple(item for item in kept if item.reference not in self._unreadable)

    def remark(self) -> str:
        return "; ".join(filter(None, (self._dataset.remark(), self._shortfall, self._skipped)))

    def split_as_published(self) -> bool:
        return self._dataset.split_as_published()

    def source(self) -> Source:
        return self._dataset.source()

    def missing(self) -> str | None:
        return self._dataset.missing()

    def class_names(self) -> tuple[str, ...]:
        return self._dataset.class_names()

    def open(self, item: Item) -> Image.Image:
        return self._dataset.open(item)

    def encoded(self, item: Item) -> bytes:
        return self._dataset.encoded(item)

    def fingerprints(self, items: Sequence[Item], announce: Announce = silent) -> Sequence[str]:
        return self._dataset.fingerprints(items, announce)

    def stamps(self, items: Sequence[Item]) -> Sequence[str]:
        return self._dataset.stamps(items)

    def absent(self, items: Sequence[Item]) -> str | None:
        return self._dataset.absent(items)

    def revision(self) -> str:
        return self._dataset.revision()

    def place(self) -> str:
        return self._dataset.place()

    def recorded_digest(self) -> str:
        return self._dataset.recorded_digest()

    @cached_property
    def _shortfall(self) -> str:
        """What a full copy has more; a view of a view has said it already, a blind one can't."""
        if self._blind or isinstance(self._dataset, DatasetView):
            return ""
        shortfall = count(self._dataset).shortfall
        return f"{self.card.name}: {shortfall}" if shortfall else ""

    @cached_property
    def _skipped(self) -> str:
        """Which images are left out, and of which classes."""
        if not self._unreadable:
            return ""
        names = sorted(self._unreadable)
        some = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        text = f"{self.card.name}: {len(names)} unreadable images are skipped ({some})"
        seen = (split for split in SPLITS if not (self._blind and split == "test"))
        labels = {i.reference: i.label for split in seen for i in self._dataset.items(split)}
        counts = Counter(labels[name] for name in names if name in labels)
        of = [f"{quoted(self.class_names()[label])} ({n})" for label, n in sorted(counts.items())]
        return f"{text}, of {shown(of)}" if of else text


class SteadyView(DatasetView):
    """A view that looks at a dataset and each image's file once: plans ask anew for every seed.

    Args:
        dataset: the other dataset.
        announce: called before files are read.
        blind: as in `DatasetView`.
    """

    def __init__(
        self, dataset: Dataset, announce: Announce = silent, *, blind: bool = False
    ) -> None:
        super().__init__(dataset, blind=blind)
        self._announce = announce
        self._seen: dict[str, str] = {}
        self._drawn_from: dict[Split, Items] = {}

    def items(self, split: Split) -> Sequence[Item]:
        if split == "test":
            return self._test
        if split not in self._drawn_from:
            self._drawn_from[split] = Items.of(super().items(split))
        return self._drawn_from[split]

    def revision(self) -> str:
        return self._revision

    @cached_property
    def _revision(self) -> str:
        return super().revision()

    @cached_property
    def _test(self) -> tuple[Item, ...]:
        """The test images, which are the same for all tasks."""
        return tuple(super().items("test"))

    def fingerprints(self, items: Sequence[Item], announce: Announce = silent) -> Sequence[str]:
        del announce  # the plan's own
        unseen = [item for item in items if item.reference not in self._seen]
        if unseen:
            found = self._dataset.fingerprints(unseen, self._announce)
            self._seen.update(zip((item.reference for item in unseen), found, strict=True))
        return [self._seen[item.reference] for item in items]

    def absent(self, items: Sequence[Item]) -> str | None:
        """As the fingerprints have it, so that no file is looked for twice."""
        return Dataset.absent(self, items)
