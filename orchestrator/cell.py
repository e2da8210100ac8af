"""A cell: one planned unit of work, and the key that names its result."""

from __future__ import annotations

import hashlib
import json
from operator import not_
from typing import Any

from pydantic import Field

from benchmarks.frozen import Frozen
from benchmarks.preprocessing import Augmentation
from orchestrator.precision import Precision

KEY_VERSION = 1
"""Goes up when cells of equal JSON stop meaning the same experiment."""


class MethodChoice(Frozen):
    """A method with every setting spelled out, defaults included."""

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


class Evaluation(Frozen):
    """When a trial is measured.

    Attributes:
        points: measurements after the start, evenly spread over the budget.
    """

    points: int = Field(default=20, ge=1)


class Source(Frozen):
    """The cell whose final prompt a cell tests, without training one of its own.

    Attributes:
        dataset: what it was trained on.
        key: the key of that cell.
    """

    dataset: str
    key: str


class Cell(Frozen):
    """One planned unit of work, free of everything that doesn't change its result.

    Attributes:
        protocol: which classes and images train and test.
        dataset: the dataset's name.
        shots: labelled images a class; 0 for methods that don't train.
        seed: drives split, order, augmentation and perturbations; 0 for methods that don't train.
        method: the method with all its settings.
        backbone: fingerprint of the weights behind the oracle.
        budget: queries that may be spent; 0 for methods that don't train.
        batch_size: images in a query's mini-batch.
        precision: number format of the oracle.
        augmentation: what happens to training images.
        evaluation: when the trial is measured.
        views: augmented views of each training image, encoded ahead, that steps draw from; 0
            augments and encodes anew for every step. Left out of the key where it is 0.
        blind: whether it is measured on validation images alone, the test split being out of its
            reach, as the trials of a search are. Left out of the key where it is not.
        source: where the prompt comes from; None for cells that make their own. What is said above
            of training was done there. Left out of the key likewise.
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
    source: Source | None = Field(default=None, exclude_if=lambda value: value is None)

    @property
    def queries(self) -> int:
        """The most queries that running it costs: a prompt that is there already costs none."""
        return 0 if self.source else self.budget


class Fingerprints(Frozen):
    """Digests of what a cell depends on beyond its own fields.

    Attributes:
        method_version: version of the method's code.
        split: digest of class names and images.
        preprocessing: digest of how images become tensors.
        encoder: digest of the method's own image encoder; None where it has none.
        rounding: version of the oracle's arithmetic in inexact precisions; None for fp32, which is
            the plain model's up to float error in every version.
    """

    method_version: int
    split: str
    preprocessing: str
    encoder: str | None = None
    rounding: int | None = None


def cell_key(cell: Cell, fingerprints: Fingerprints) -> str:
    """SHA-256 over the canonical JSON of a cell and its fingerprints, as 64 hex digits.

    Equal key means the same experiment: field order, spelled-out defaults and the form of a number
    (1 or 1.0) don't matter, every field does.
    """
    document = {
        "version": KEY_VERSION,
        "cell": cell.model_dump(mode="json"),
        "fingerprints": fingerprints.model_dump(mode="json", exclude_none=True),
    }
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no blanks, and whole floats written as integers."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
