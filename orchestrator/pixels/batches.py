"""Batches that threads fill image by image, normalised here or where a model computes."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from orchestrator.pixels.levels import Levels
from orchestrator.pixels.packs import Pixels
from orchestrator.pixels.recycling import Floats

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Filling(Protocol):
    """A batch of N images. Threads may fill different places at once."""

    def put(self, place: int, pixels: Pixels) -> None:
        """Sets the image `(S, S, 3)` of a place."""

    def filled(self, count: int) -> None:
        """So many more places are filled, each of which is told once."""

    def images(self) -> Tensor:
        """All images, normalised, `(N, 3, S, S)`; asked once, when all places are filled."""


class FloatBatch:
    """Images that are normalised as they come, in the threads that made them.

    Args:
        array: `(N, 3, S, S)`.
        levels: normalise.
    """

    def __init__(self, array: Floats, levels: Levels) -> None:
        self._array = array
        self._levels = levels

    def put(self, place: int, pixels: Pixels) -> None:
        """See `Filling`."""
        self._levels.write(pixels, self._array[place])

    def filled(self, count: int) -> None:
        """See `Filling`."""
        del count

    def images(self) -> Tensor:
        """See `Filling`."""
        import torch

        return torch.from_numpy(self._array)


class SentBatch:
    """Images that are sent as bytes, as soon as they are complete, and normalised where they go.

    To a GPU they are copied beside its work: from pinned memory, in a stream of their own.

    Args:
        shape: number of images N, and their height and width S.
        device: where they go.
        stream: copies them; None where there are no streams.
        levels: normalise.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        device: torch.device,
        stream: torch.cuda.Stream | None,
        levels: Levels,
    ) -> None:
        import torch

        (count, size), pinned = shape, stream is not None
        self._bytes = torch.empty((count, size, size, 3), dtype=torch.uint8, pin_memory=pinned)
        self._array = self._bytes.numpy()
        self._device, self._stream, self._levels = device, stream, levels
        self._left = count
        self._lock = Lock()
        self._sent: list[Tensor] = []
        self._copied: torch.cuda.Event | None = None
        if not count:
            self._send()

    def put(self, place: int, pixels: Pixels) -> None:
        """See `Filling`."""
        if pixels.flags.c_contiguous:
            self._array[place] = pixels
            return
        for channel in range(3):  # thrice as fast as pixel by pixel
            self._array[place, ..., channel] = pixels[..., channel]

    def filled(self, count: int) -> None:
        """See `Filling`; whoever fills the last place sends all of them."""
        with self._lock:
            self._left -= count
            complete = not self._left
        if complete:
            self._send()

    def images(self) -> Tensor:
        """See `Filling`; on the device, in the stream of the caller."""
        import torch

        sent = self._sent.pop()
        if self._copied is not None:
            here = torch.cuda.current_stream(self._device)
            here.wait_event(self._copied)
            sent.record_stream(here)  # its memory is not given away before it was read
        return self._levels.of(sent)

    def _send(self) -> None:
        import torch

        beside = nullcontext() if self._stream is None else torch.cuda.stream(self._stream)
        with beside:
            self._sent.append(self._bytes.to(self._device, non_blocking=True))
            if self._stream is not None:
                self._copied = self._stream.record_event()
