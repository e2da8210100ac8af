"""A question to a service, and its reply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from methods.interface import Prompts
from orchestrator.answers import Answers

if TYPE_CHECKING:  # what charges are is told without PyTorch
    from torch import Tensor

    from orchestrator.oracle.answering import Answer


@dataclass(frozen=True)
class StoredRows:
    """Some images of a set that the service has stored.

    Attributes:
        digest: SHA-256 of the set, by `lone_tensors.image_digest`.
        rows: which of its images, in order.
    """

    digest: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Images:
    """The B images of a question, in exactly one form.

    Attributes:
        plain: `(B, 3, S, S)` uint8: preprocessed images before they are normalised.
        pixels: `(K, B, 3, H, H)` float32: normalised images as each of K candidates changed them;
            `(1, B, 3, H, H)` where all candidates have the same.
        stored: images that were sent before.
    """

    plain: Tensor | None = None
    pixels: Tensor | None = None
    stored: tuple[StoredRows, ...] = ()

    @property
    def count(self) -> int:
        """How many they are, B."""
        if self.plain is not None:
            return len(self.plain)
        if self.pixels is not None:
            return self.pixels.shape[1]
        return sum(len(one.rows) for one in self.stored)


@dataclass(frozen=True)
class Question:
    """K candidate prompts on B images.

    Attributes:
        id: names the question. A service that gets it again answers as before, and charges nothing.
        classes: the C class names.
        prompts: the candidates, without `pixels`, which are in `images`.
        images: the images.
        answers: which answer is wanted; it is neither rounded nor noisy.
        label: whom to charge, such as a cell's key; shows in the service's ledger.
    """

    id: str
    classes: tuple[str, ...]
    prompts: Prompts
    images: Images
    answers: Answers
    label: str = ""

    @property
    def candidates(self) -> int:
        """Number of candidates K."""
        changed = 1 if self.images.pixels is None else len(self.images.pixels)
        return max(self.prompts.count, changed)


@dataclass(frozen=True)
class Charge:
    """What a service charges.

    Attributes:
        requests: HTTP requests.
        queries: candidate prompts on a mini-batch, each template of an ensemble by itself.
        images: images in those queries.
        tokens: text tokens that were read, or what the service counts as such.
        money: in the service's currency; None where it doesn't say.
    """

    requests: int = 0
    queries: int = 0
    images: int = 0
    tokens: int = 0
    money: float | None = None

    def __add__(self, other: Charge) -> Charge:
        known = [one for one in (self.money, other.money) if one is not None]
        return Charge(
            self.requests + other.requests,
            self.queries + other.queries,
            self.images + other.images,
            self.tokens + other.tokens,
            sum(known) if known else None,
        )


@dataclass(frozen=True)
class Reply:
    """A service's answer.

    Attributes:
        answer: what it returned.
        charge: what the question was charged, by this reply or by an earlier one to the same id.
        fingerprint: of the model that answered.
        repeated: whether the question was charged before.
    """

    answer: Answer
    charge: Charge = field(default_factory=Charge)
    fingerprint: str = ""
    repeated: bool = False
