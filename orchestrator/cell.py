"""A cell, which is one planned unit of work, and the key that names its result."""

import hashlib
import json
from bisect import bisect_left
from itertools import pairwise
from operator import not_
from typing import Annotated, Any, Self

from pydantic import Field, field_validator

from benchmarks.frozen import Frozen
from benchmarks.preprocessing import Augmentation
from orchestrator.answers import ALL, Answers
from orchestrator.precision import Precision

KEY_VERSION = 1
"""Increased when cells of equal JSON no longer mean the same experiment."""


PartSize = Annotated[int, Field(ge=1, le=10**9)]
"""A number of test images."""


class MethodChoice(Frozen):
    """A method with all its settings, defaults included."""

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


class Evaluation(Frozen):
    """When a trial is measured, and on how many test images on the way.

    Attributes:
        points: number of measurements after the start, evenly spaced over the budget.
        at: ascending numbers of queries; it is measured instead at the last step within each, and
            at the end. Where measuring costs as much as training, a few numbers that count are
            cheaper than an even grid that has them all.
        images: size of the fixed part of each test split on which points on the way are measured
            where that isn't free: where prompts change images, or a service is asked. The end is
            always measured on whole splits, and so is what is free. None measures all points on
            whole splits. A cell has it only where it matters; not part of the key if None.
    """

    points: int = Field(default=20, ge=1, le=10**6)
    at: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(), exclude_if=not_)
    images: PartSize | None = Field(default=None, exclude_if=lambda value: value is None)

    @field_validator("at")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(value)):
            raise ValueError(f"expected ascending numbers, got {list(value)}")
        return value

    def count(self, budget: int) -> int:
        """How many measurements a whole budget has, after the start."""
        return bisect_left(self.at, budget) + 1 if self.at else self.points

    @property
    def whole(self) -> Self:
        """The same points, all of them measured on whole splits."""
        return self if self.images is None else self.model_copy(update={"images": None})


class Source(Frozen):
    """The cell that has trained the prompt which another cell tests.

    Attributes:
        dataset: the dataset that the prompt was trained on.
        key: key of the cell that trained it.
    """

    dataset: str
    key: str


class Cell(Frozen):
    """One planned unit of work: only fields that can change its result.

    Attributes:
        protocol: which classes and images train and test.
        dataset: the dataset's name.
        shots: labelled images per class; 0 for methods that don't train.
        seed: of the split, order, augmentation and perturbations; 0 for methods that don't train.
        method: the method with all its settings.
        backbone: fingerprint of the weights behind the oracle.
        budget: queries that may be spent; 0 for methods that don't train.
        batch_size: images per mini-batch of a query; 0 for methods that don't train.
        precision: number format of the oracle.
        augmentation: what happens to training images.
        evaluation: when the trial is measured.
        views: augmented views of each training image that are encoded ahead, and from which steps
            draw; 0 augments and encodes images anew in every step. Not part of the key if 0.
        blind: whether it is measured on validation images only and never reads the test split, as
            trials of a search are. Not part of the key if False.
        answers: what the method sees of the black box's scores. Not part of the key if it is all.
        source: the cell whose prompt is tested, and which was trained as the fields above say;
            None for cells that train their own. Not part of the key if None.
    """

    protocol: str
    dataset: str
    shots: int
    seed: int
    method: MethodChoice
    backbone: str
    budget: int
    batch_size: int
    precision: Precision
    augmentation: Augmentation
    evaluation: Evaluation
    views: int = Field(default=0, ge=0, exclude_if=not_)
    blind: bool = Field(default=False, exclude_if=not_)
    answers: Answers = Field(default=ALL, exclude_if=lambda value: value.full)
    source: Source | None = Field(default=None, exclude_if=lambda value: value is None)

    @property
    def queries(self) -> int:
        """The most queries that running it costs; testing another cell's prompt costs none."""
        return 0 if self.source else self.budget


class Fingerprints(Frozen):
    """Digests of everything else that a cell's result depends on.

    Attributes:
        method_version: version of the method's code.
        split: digest of the dataset's revision, class names, and image references with labels and
            fingerprints of their contents.
        preprocessing: digest of how images become tensors.
        encoder: digest of the method's own image encoder; None if it has none.
        rounding: version of how inexact precisions round; None for fp32, which in every version
            equals the plain model up to float error.
        templates: the hand-written prompts of a user's own dataset; None for known datasets, whose
            prompts are code.
        method_code: digest of the code of a method of another package; None of this project's own,
            whose `version` is watched over by its pins.
        ensemble: digest of the templates that a method averages on a dataset with an ensemble of
            its own; None elsewhere.
    """

    method_version: int
    split: str
    preprocessing: str
    method_code: str | None = None
    encoder: str | None = None
    rounding: int | None = None
    templates: tuple[str, ...] | None = None
    ensemble: str | None = None


def cell_key(cell: Cell, fingerprints: Fingerprints) -> str:
    """SHA-256 over the canonical JSON of a cell and its fingerprints, as 64 hex digits.

    Equal keys mean the same experiment. Every field matters; the order of fields, and whether a
    number is written 1 or 1.0, don't. For example:

        key = cell_key(cell, fingerprints)
        store.is_finished(key)
    """
    document = {
        "version": KEY_VERSION,
        "cell": cell.model_dump(mode="json"),
        "fingerprints": fingerprints.model_dump(mode="json", exclude_none=True),
    }
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no blanks, and whole floats written as integers.

    Raises:
        ValueError: a number is infinite or not a number.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
