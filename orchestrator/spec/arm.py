"""An arm of a comparison: a method with its conditions, which runs on every dataset and seed."""

from dataclasses import dataclass

from benchmarks.frozen import Frozen
from orchestrator.answers import ALL, Answers
from orchestrator.oracle.backbone import Backbone
from orchestrator.spec.ablation_point import AblationPoint
from orchestrator.spec.method import MethodSpec
from orchestrator.spec.numbers import PositiveInt


class Conditions(Frozen):
    """Settings that come from the spec, not from the method.

    Attributes:
        backbone: the model behind the oracle.
        budget: queries that may be spent.
        shots: labelled training images per class.
        batch_size: images in a query's mini-batch.
        answers: what the method sees of the black box's scores.
    """

    backbone: Backbone
    budget: PositiveInt
    shots: PositiveInt
    batch_size: PositiveInt
    answers: Answers = ALL


@dataclass(frozen=True)
class Arm:
    """A method with its conditions.

    Attributes:
        method: the method with all its settings, and its label.
        conditions: backbone, budget, shots, batch size and answers.
        ablation_points: its points in the spec's ablation; empty for methods of the comparison.
        impossible: why its settings can't work together on any dataset; empty if they can.
    """

    method: MethodSpec
    conditions: Conditions
    ablation_points: tuple[AblationPoint, ...] = ()
    impossible: str = ""

    @property
    def label(self) -> str:
        """Its name in reports."""
        return self.method.label


def arm_of(method: MethodSpec, conditions: Conditions) -> Arm:
    """The arm of a method, with the method's own batch size and answers if it has any."""
    own = {"batch_size": method.batch_size, "answers": method.answers}
    given = {field: value for field, value in own.items() if value is not None}
    return Arm(method, conditions.model_copy(update=given))
