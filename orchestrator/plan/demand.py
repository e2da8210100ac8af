"""What methods ask of the oracle, as they say themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from benchmarks.datasets.interface import Dataset
from methods.interface import Demand, Problem, PromptSpace, SettingsError
from methods.registry import method_class
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, resolve_backbone
from orchestrator.oracle.encoder import resolve_encoder
from orchestrator.oracle.space import planned_space
from orchestrator.spec.arm import Arm
from orchestrator.spec.method import MethodSpec


@dataclass(frozen=True, kw_only=True)
class QueryDemand(Demand):
    """What one step of a method asks of the oracle, and on which images.

    Attributes:
        image_size: height and width of the images that the method gets, in pixels.
        encoder: digest of the method's own image encoder; None if it has none.
    """

    image_size: int
    encoder: str | None = None


@dataclass(frozen=True)
class ResolvedArm:
    """An arm with the model that it runs on, resolved from the backbone's name."""

    arm: Arm
    backbone: ResolvedBackbone


def resolved(arms: Iterable[Arm]) -> tuple[ResolvedArm, ...]:
    """The arms with their models; each model is resolved once.

    Raises:
        UserError: a model or its weights are unknown.
    """
    resolve = cache(resolve_backbone)
    return tuple(ResolvedArm(arm, resolve(arm.conditions.backbone)) for arm in arms)


class QueryDemands:
    """Finds what every arm asks on each dataset, and so refuses impossible settings early."""

    def __init__(self, arms: Sequence[ResolvedArm]) -> None:
        self._arms = arms
        self._known: dict[tuple[str, PromptSpace], QueryDemand] = {}

    def on(self, dataset: Dataset, class_names: tuple[str, ...]) -> dict[str, QueryDemand]:
        """What each arm asks, by label.

        Args:
            dataset: the dataset to train on.
            class_names: its classes; empty if its data are missing.

        Raises:
            UserError: an arm's settings are impossible on this dataset and backbone.
        """
        backbones = dict.fromkeys(one.backbone for one in self._arms)
        spaces = {backbone: planned_space(backbone, class_names) for backbone in backbones}
        demands = {}
        for one in self._arms:
            label, space = one.arm.label, spaces[one.backbone]
            try:
                # Demands depend on shapes alone, so datasets of equal shapes share them.
                if (label, space) not in self._known:
                    problem = Problem(
                        space=space,
                        classes=len(class_names) or dataset.card.classes,
                        templates=dataset.card.templates,
                        ensemble=dataset.card.ensemble,
                        batches_per_epoch=1,
                        budget=one.arm.conditions.budget,
                        seed=0,
                    )
                    self._known[label, space] = _ask(one.arm.method, problem)
                demands[label] = self._known[label, space]
            except (SettingsError, UserError) as error:
                raise UserError(f"method {label!r} on {dataset.card.name}: {error}") from None
        return demands


def _ask(method: MethodSpec, problem: Problem) -> QueryDemand:
    kind = method_class(method.name)
    settings = kind.settings_type.model_validate(method.settings)
    name = kind.encoder_name(settings)
    encoder = None if name is None else resolve_encoder(name)
    demand = kind.demand(replace(problem, encoder=encoder), settings)
    return QueryDemand(
        **vars(demand),
        image_size=kind.image_size(problem.space, settings),
        encoder=None if encoder is None else encoder.digest,
    )
