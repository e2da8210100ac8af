"""The calls of which a question is made: for each candidate, template and portion of images one."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

from orchestrator.oracle.remote.adapters.images import SentImage
from orchestrator.oracle.remote.adapters.rows import Row
from orchestrator.oracle.remote.request import Charge

_KEPT = 500_000
"""Scores that are kept, so that a repeated question costs nothing: some tens of megabytes."""


@dataclass(frozen=True)
class Call:
    """What a service is asked at once: some images about one text of each class.

    Attributes:
        id: names the call; a call that is repeated has the same one.
        classes: the C class names.
        texts: one for each class.
        images: at least one.
    """

    id: str
    classes: tuple[str, ...]
    texts: tuple[str, ...]
    images: tuple[SentImage, ...]


@dataclass(frozen=True)
class Called:
    """What a call brought.

    Attributes:
        rows: one for each image.
        charge: its requests, tokens and money.
        repeated: whether it was answered before, and charged then.
    """

    rows: tuple[Row, ...]
    charge: Charge
    repeated: bool = False

    @property
    def size(self) -> int:
        """Scores in its rows, with a few for each row itself."""
        return sum(8 + len(row.classes) for row in self.rows)


def portions(images: Sequence[SentImage], most: int | None) -> Iterator[tuple[SentImage, ...]]:
    """The images in portions of as many as a call takes; None for all at once."""
    size = most or max(1, len(images))
    for start in range(0, len(images), size):
        yield tuple(images[start : start + size])


def call_id(question: str, candidate: int, template: int, portion: int) -> str:
    """Names a call: 64 hexadecimal digits."""
    text = f"{question}/{candidate}/{template}/{portion}"
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class RecentCalls:
    """Remembers what the last calls brought. Safe for use by several threads."""

    _kept: OrderedDict[str, Called] = field(default_factory=OrderedDict)
    _scores: int = 0
    _lock: Lock = field(default_factory=Lock)

    def get(self, call: str) -> Called | None:
        """What a call brought, if it was made."""
        with self._lock:
            return self._kept.get(call)

    def put(self, call: str, called: Called) -> None:
        """Keeps what a call brought."""
        with self._lock:
            if call in self._kept:
                return
            self._kept[call] = Called(called.rows, called.charge, repeated=True)
            self._scores += called.size
            while self._scores > _KEPT and len(self._kept) > 1:
                self._scores -= self._kept.popitem(last=False)[1].size
