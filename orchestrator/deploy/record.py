"""What an exported prompt says of itself: all but its tensors."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from benchmarks.frozen import Frozen
from orchestrator.answers import ALL, Answers
from orchestrator.cell import Cell
from orchestrator.deploy.parts import Texts
from orchestrator.oracle.backbone import Backbone
from orchestrator.trial.surroundings import Surroundings


class BackboneRecord(Frozen):
    """The model that a prompt was tuned for.

    Attributes:
        name: as a spec names it.
        pretrained: its weights, where the name doesn't bring them.
        fingerprint: of the model with its weights.
        service: whether it was asked over HTTP; where it is, isn't recorded.
    """

    name: str
    pretrained: str | None = None
    fingerprint: str
    service: bool = False

    @property
    def backbone(self) -> Backbone:
        """As it is resolved here."""
        return Backbone(model=self.name, pretrained=self.pretrained)


class Rebuilt(Frozen):
    """How a prompt that is no tensor, or a readout, is made again: by the method, from its state.

    Attributes:
        method_version: version of the method's code, which must be the same.
        method_code: digest of the code of a method of another package, likewise; None of this
            project's own.
        encoder: fingerprint of the method's own image encoder; None if it has none.
        values: of the method's final state; its tensors are named `state.` and its own name.
    """

    method_version: int
    method_code: str | None = None
    encoder: str | None = None
    values: dict[str, Any] = Field(default_factory=dict)


class PromptRecord(Frozen):
    """All that is known of a prompt, beside its tensors.

    Attributes:
        format: of this record.
        title: method and dataset, for people.
        key: of the cell that tuned it.
        accuracy: percent of the test images that were right, as the cell's trace says.
        measured: the last value of everything that was measured on test or validation images.
        queries: queries that the method was charged.
        backbone: the model that it was tuned for.
        surroundings: names of classes, texts of the dataset, and how images are prepared.
        texts: the hand-written texts of the prompt; empty where a soft context stands for them.
        pixels: whether it changes the pixels of images.
        readout: whether a function of the scores is deployed with it.
        answers: what a readout sees of the scores.
        rebuilt: how pixels and readout are made again; None for a prompt that is all tensors.
        tensors: shapes of the prompt's own tensors by name.
        cell: the whole cell.
        made_with: versions of packages that tuned it.
    """

    format: Literal[1] = 1
    title: str
    key: str
    accuracy: float | None
    measured: dict[str, float]
    queries: int
    backbone: BackboneRecord
    surroundings: Surroundings
    texts: Texts = Texts()
    pixels: bool = False
    readout: bool = False
    answers: Answers = ALL
    rebuilt: Rebuilt | None = None
    tensors: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    cell: Cell
    made_with: dict[str, str] = Field(default_factory=dict)
