"""What an oracle is: a CLIP-like black box bound to a set of classes and a budget."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from methods.interface import Prompts, PromptSpace
from orchestrator.oracle.ledger import Ledger


@dataclass(frozen=True)
class Batch:
    """A mini-batch, as pixels or as image features without a prompt, or both.

    Attributes:
        labels: `(B,)` class indices.
        images: `(B, 3, S, S)` preprocessed pixels; needed by prompts that touch the images.
        features: `(B, E)` normalised image features without a prompt, when they are known.
        examples: `(B,)` ids of training images; empty for others.
    """

    labels: Tensor
    images: Tensor | None = None
    features: Tensor | None = None
    examples: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.long))


class Oracle(ABC):
    """Answers prompts with logits and owns the two ledgers.

    Attributes:
        space: shapes and scales of the prompts it accepts.
        method: charged by `query`, limited by the budget.
        observer: charged by `observe`, without limit, so that measuring costs the method nothing.
    """

    space: PromptSpace
    method: Ledger
    observer: Ledger

    def query(self, prompts: Prompts, batch: Batch) -> Tensor:
        """Answers K candidates on one mini-batch and charges K queries to the method.

        An ensemble of several templates is charged as so many (`Prompts.queries`).

        Example:
            Two soft prompts of four tokens on a mini-batch of five images, with four classes:

            >>> context = torch.zeros(2, 4, oracle.space.text_width)
            >>> logits = oracle.query(Prompts(context=context), batch)
            >>> logits.shape
            torch.Size([2, 5, 4])
            >>> oracle.method.as_dict()
            {'queries': 2, 'images': 10}

        Returns:
            `(K, B, C)` float32 logits.

        Raises:
            BudgetExhausted: fewer queries are left; nothing was evaluated.
            UserError: the model can't take such prompts, or the batch lacks the pixels that they
                change.
        """
        self.method.charge(prompts.queries, len(batch.labels))
        _, logits = next(self._answer(prompts, [batch]))
        return logits

    def observe(self, prompts: Prompts, batches: Iterable[Batch]) -> Iterator[tuple[Batch, Tensor]]:
        """Answers K candidates on many mini-batches and charges the observer, not the method.

        Yields:
            Each batch with its `(K, B, C)` float32 logits.

        Raises:
            UserError: as `query`.
        """
        for batch, logits in self._answer(prompts, batches):
            self.observer.charge(prompts.count, len(batch.labels))
            yield batch, logits

    @abstractmethod
    def _answer(self, prompts: Prompts, batches: Iterable[Batch]) -> Iterator[tuple[Batch, Tensor]]:
        """Each mini-batch with its logits `(K, B, C)`; charges nothing."""
