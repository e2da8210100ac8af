"""What an oracle is: a CLIP-like black box bound to a set of classes and a budget."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from methods.interface import Prompts, PromptSpace, Words
from orchestrator.answers import ALL, Answers
from orchestrator.oracle.answering import Answer, fill, noise_seed
from orchestrator.oracle.ledger import Ledger

if TYPE_CHECKING:
    from orchestrator.oracle.remote.images.image_sets import StoredImages

Party = Literal["method", "observer"]
"""Who pays for a query."""

Ledgers = Mapping[str, Mapping[str, int | float]]
"""What was spent, in each ledger by name."""


@dataclass(frozen=True)
class Batch:
    """A mini-batch, as pixels, as image features without a prompt, or as images of a service.

    Attributes:
        labels: `(B,)` class indices.
        images: `(B, 3, S, S)` preprocessed pixels; needed by prompts that touch the images.
        features: `(B, E)` normalised image features without a prompt, when they are known.
        examples: `(B,)` ids of training images; empty for others.
        stored: B images of sets that are sent to a service once.
    """

    labels: Tensor
    images: Tensor | None = None
    features: Tensor | None = None
    examples: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.long))
    stored: StoredImages | None = None


@dataclass(frozen=True)
class Asking:
    """Who asks one query on one mini-batch, and which answer is due.

    Attributes:
        answers: how the black box answers.
        party: whether it is charged to the method or to the observer.
        number: number of the first of its queries among those of its party, from 0.
        seed: the trial's, which drives the noise on answers.
    """

    answers: Answers
    party: Party
    number: int
    seed: int

    def noise_seeds(self, candidates: int) -> tuple[int, ...]:
        """Seeds of the noise on each candidate's scores; none where there is no noise."""
        if not self.answers.noise:
            return ()
        numbers = range(self.number, self.number + candidates)
        return tuple(noise_seed(self.seed, self.party, number) for number in numbers)


Ask = Callable[[Batch, Asking], Answer]
"""Answers the same K candidates on one mini-batch after another."""


class Oracle(ABC):
    """Answers prompts with scores and owns the two ledgers.

    Attributes:
        space: shapes and scales of the prompts it accepts.
        classes: number of classes C.
        method: charged by `query`, limited by the budget.
        observer: charged by `observe`, without limit, so that measuring costs the method nothing.
        answers: what the method sees.
        seed: drives the noise on answers.
        remarks: what a person should know about the model.
        waits: whether it may wait for a service, and be stopped meanwhile.
    """

    space: PromptSpace
    classes: int
    method: Ledger
    observer: Ledger
    answers: Answers = ALL
    seed: int = 0
    remarks: tuple[str, ...] = ()
    waits: bool = False

    @property
    def words(self) -> Words | None:
        """Looks up the text tower's token embeddings; None if it takes no soft context."""
        return None

    @property
    def ledgers(self) -> Ledgers:
        """What was spent so far; of a service, what it has charged too."""
        return {"method": self.method.as_dict(), "observer": self.observer.as_dict()}

    def restore(self, ledgers: Ledgers) -> None:
        """Goes on from what `ledgers` said before."""
        for name, ledger in (("method", self.method), ("observer", self.observer)):
            ledger.queries = int(ledgers[name]["queries"])
            ledger.images = int(ledgers[name]["images"])

    def query(self, prompts: Prompts, batch: Batch) -> Tensor:
        """Answers K candidates on one mini-batch and charges K queries to the method.

        An ensemble of several templates is charged as so many (`Prompts.queries`). Where the black
        box doesn't return the scores of all classes, the others are filled in
        (`answering.fill`).

        Example:
            Two soft prompts of four tokens on a mini-batch of five images, with four classes:

            >>> context = torch.zeros(2, 4, oracle.space.text_width)
            >>> logits = oracle.query(Prompts(context=context), batch)
            >>> logits.shape
            torch.Size([2, 5, 4])
            >>> oracle.method.as_dict()
            {'queries': 2, 'images': 10}

        Returns:
            `(K, B, C)` float32 scores: logits, or log-probabilities.

        Raises:
            BudgetExhausted: fewer queries are left; nothing was evaluated.
            UserError: the model can't take such prompts, or the batch lacks the pixels that they
                change.
        """
        number = self.method.queries
        self.method.charge(prompts.queries, len(batch.labels))
        asking = Asking(self.answers, "method", number, self.seed)
        return fill(self.asker(prompts)(batch, asking), self.classes)

    def observe(
        self, prompts: Prompts, batches: Iterable[Batch], *, as_method: bool = False
    ) -> Iterator[tuple[Batch, Tensor]]:
        """Answers K candidates on many mini-batches and charges the observer, not the method.

        Args:
            prompts: the candidates.
            batches: the mini-batches.
            as_method: whether the answers are those that the method would get, as a readout of
                scores must be measured on what it will be given; otherwise they are the richest.

        Yields:
            Each batch with its `(K, B, C)` float32 scores.

        Raises:
            UserError: as `query`.
        """
        answers, ask = self.answers if as_method else self.richest, self.asker(prompts)
        for batch in batches:
            asking = Asking(answers, "observer", self.observer.queries, self.seed)
            scores = fill(ask(batch, asking), self.classes)
            self.observer.charge(prompts.count, len(batch.labels))
            yield batch, scores

    @property
    def richest(self) -> Answers:
        """The richest answer that an observer can have."""
        return ALL

    @abstractmethod
    def asker(self, prompts: Prompts) -> Ask:
        """A function that answers K candidates on a mini-batch; it charges nothing."""
