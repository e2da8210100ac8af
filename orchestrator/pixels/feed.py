"""How an actor gets images: in threads, ahead of time, and where its model computes."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator.pixels.batches import Filling, FloatBatch, SentBatch
from orchestrator.pixels.levels import Levels
from orchestrator.pixels.packs import Nothing, Packs, Pixels
from orchestrator.pixels.recycling import Recycling

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Make = Callable[[int], Pixels]
"""Makes the image `(S, S, 3)` of a place in a batch, in any thread."""

PORTION = 8
"""Images that a thread makes before it looks for other work, which costs as much as a tenth of a
small image."""
AHEAD = 128 * 2**20
"""Bytes of the batches that are made ahead, at most, unless it is a single one."""
MOST_AHEAD = 4
"""Batches that are made ahead, at most. With one, threads would idle whenever it is complete."""


class Feed:
    """Makes batches of images for one trial after another.

    Its threads start with the first batch, and end when nobody has the feed any more.

    Attributes:
        packs: keep images between steps, trials and runs.
        sends: whether images travel as bytes, and are normalised on the device.

    Args:
        packs: see above.
        threads: how many make images at once.
        device: where images are given.
        sends: see above; None for GPUs alone. On a CPU that takes longer.
    """

    def __init__(
        self,
        packs: Packs | None = None,
        threads: int = 1,
        device: str | torch.device = "cpu",
        *,
        sends: bool | None = None,
    ) -> None:
        self.packs: Packs = packs or Nothing()
        self._gpu = str(device).startswith("cuda")
        self.sends = self._gpu if sends is None else sends
        self._device = device
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="decoder")
        self._memory = Recycling()

    def start(self, make: Make, count: int, size: int, levels: Levels) -> Delivery:
        """Has threads make a batch.

        Args:
            make: makes each image.
            count: number of images N.
            size: their height and width S.
            levels: normalise them.
        """
        batch = self._batch(count, size, levels)
        portions = (range(count)[at : at + PORTION] for at in range(0, count, PORTION))
        return Delivery([self._threads.submit(_fill, batch, make, one) for one in portions], batch)

    def ahead(self, count: int, size: int) -> int:
        """How many batches to make ahead of the one that is in use.

        Args:
            count: images of a batch.
            size: their height and width.
        """
        each = 3 * size**2 * count * (1 if self.sends else 4)
        return max(1, min(MOST_AHEAD, AHEAD // max(1, each)))

    def _batch(self, count: int, size: int, levels: Levels) -> Filling:
        if not self.sends:
            return FloatBatch(self._memory.array((count, 3, size, size)), levels)
        import torch

        return SentBatch((count, size), torch.device(self._device), self._stream, levels)

    @cached_property
    def _stream(self) -> torch.cuda.Stream | None:
        """The stream in which images are copied to a GPU."""
        import torch

        return torch.cuda.Stream(self._device) if self._gpu else None


class Delivery:
    """A batch on its way. Threads stop making it when nobody has this any more.

    Args:
        portions: the work.
        batch: what they fill.
    """

    def __init__(self, portions: list[Future[None]], batch: Filling) -> None:
        self._portions = portions
        self._batch = batch
        weakref.finalize(self, _cancel, portions).atexit = False

    def images(self) -> Tensor:
        """The images `(N, 3, S, S)`, on the device, once they are made; asked once.

        Raises:
            ImageUnreadable: an image is missing or corrupt; the first one of those.
        """
        try:
            while self._portions:
                self._portions.pop(0).result()
        finally:
            _cancel(self._portions)
        return self._batch.images()


def in_advance(deliveries: Iterable[Delivery], ahead: int) -> Iterator[Tensor]:
    """Batches one after another; so many that follow are made meanwhile."""
    coming: deque[Delivery] = deque()
    for delivery in deliveries:
        coming.append(delivery)
        if len(coming) > ahead:
            yield coming.popleft().images()
    while coming:
        yield coming.popleft().images()


def _fill(batch: Filling, make: Make, places: range) -> None:
    for place in places:
        batch.put(place, make(place))
    batch.filled(len(places))


def _cancel(portions: list[Future[None]]) -> None:
    """Gives up what isn't begun, and forgets all: a portion that failed holds its error.

    By its traceback the error holds whoever waited for the batch, with all that they have.
    """
    for portion in portions:
        portion.cancel()
    portions.clear()
