"""Prompts that are asked about several mini-batches, a few prompts at a time."""

from __future__ import annotations

from collections.abc import Mapping

from methods.lazy_torch import Tensor, torch


class AskedRound:
    """M prompts on some successive mini-batches, at most K prompts an ask.

    The first K prompts are asked about one mini-batch after the other, then the next K.

    Attributes:
        points: the prompts `(M, N)`.
        first: number of the first mini-batch.

    Args:
        points: see above.
        together: K.
        first: see above.
        stop: number of the mini-batch after the last one.
    """

    def __init__(self, points: Tensor, together: int, first: int, stop: int) -> None:
        self.points, self.first = points, first
        self._together, self._width = together, max(1, stop - first)
        self._answers: list[Tensor] = []

    @property
    def part(self) -> int:
        """Number of the mini-batch that is asked about next."""
        return self.first + len(self._answers) % self._width

    @property
    def asked(self) -> Tensor:
        """The prompts `(<= K, N)` that are asked next; none if all were."""
        start = len(self._answers) // self._width * self._together
        return self.points[start : start + self._together]

    @property
    def is_complete(self) -> bool:
        """Whether all was answered."""
        return not len(self.asked)

    def add(self, logits: Tensor) -> None:
        """Takes the answer `(<= K, B, C)` to what was asked."""
        self._answers.append(logits.float().cpu())

    def logits(self) -> Tensor:
        """All answers `(M, B', C)`, the B' images of all mini-batches in order; float32."""
        starts = range(0, len(self._answers), self._width)
        rows = [torch.cat(self._answers[i : i + self._width], dim=1) for i in starts]
        return torch.cat(rows)

    @property
    def tensors(self) -> dict[str, Tensor]:
        """What a state needs to keep; files take no tensors that share memory."""
        answers = {f"answer_{i}": answer.clone() for i, answer in enumerate(self._answers)}
        return {"asked": self.points.clone(), **answers}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Takes back the answers of a state."""
        count = sum(name.startswith("answer_") for name in tensors)
        self._answers = [tensors[f"answer_{i}"].clone() for i in range(count)]
