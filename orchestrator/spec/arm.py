"""An arm of an experiment: a method under conditions, which runs on every dataset and seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from benchmarks.frozen import Frozen
from orchestrator.oracle.backbone import Backbone
from orchestrator.spec.ablation_point import AblationPoint
from orchestrator.spec.method import MethodSpec

PositiveInt = Annotated[int, Field(ge=1)]


def _from_name(value: Any) -> Any:
    return {"model": value} if isinstance(value, str) else value


NamedBackbone = Annotated[Backbone, BeforeValidator(_from_name)]
"""A backbone, or its name alone."""


class Conditions(Frozen):
    """What a cell takes from the spec rather than from its method.

    Attributes:
        backbone: the model behind the oracle.
        budget: queries that may be spent.
        shots: labelled training images a class.
        batch_size: images in a query's mini-batch.
    """

    backbone: NamedBackbone
    budget: PositiveInt
    shots: PositiveInt
    batch_size: PositiveInt


@dataclass(frozen=True)
class Arm:
    """A method under conditions.

    Attributes:
        method: the method with all its settings, and its label.
        conditions: what it runs under.
        ablation_points: where it stands in the spec's ablation; empty for methods of the
            comparison.
    """

    method: MethodSpec
    conditions: Conditions
    ablation_points: tuple[AblationPoint, ...] = ()

    @property
    def label(self) -> str:
        """What reports call it."""
        return self.method.label


def arm_of(method: MethodSpec, conditions: Conditions) -> Arm:
    """A method of the comparison, with its own mini-batches where it asks for them."""
    batch_size = method.batch_size or conditions.batch_size
    return Arm(method, conditions.model_copy(update={"batch_size": batch_size}))
