"""What methods ask of the oracle, as they say themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from benchmarks.datasets.interface import Dataset
from methods.interface import Access, Demand, Problem, PromptSpace, SettingsError
from methods.registry import method_class
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, resolve_backbone
from orchestrator.oracle.encoder import check_encoder, resolve_encoder
from orchestrator.oracle.remote.service import ServiceError
from orchestrator.plan.box_facts import BoxFacts, facts_of
from orchestrator.plan.misfit import Misfit
from orchestrator.spec.arm import Arm
from orchestrator.spec.method import MethodSpec

_Texts = tuple[tuple[str, ...], tuple[str, ...]]
"""A dataset's templates, and those of its ensemble."""


@dataclass(frozen=True, kw_only=True)
class QueryDemand(Demand):
    """What one step of a method asks of the oracle, and on which images.

    Attributes:
        image_size: height and width of the images that the method gets, in pixels.
        encoder: digest of the method's own image encoder; None if it has none.
    """

    image_size: int
    encoder: str | None = None


NOTHING = QueryDemand(image_size=0)
"""Stands where it can't be known what is asked."""


@dataclass(frozen=True)
class ResolvedArm:
    """An arm with the model that it runs on, resolved from the backbone's name."""

    arm: Arm
    backbone: ResolvedBackbone


def resolved(arms: Iterable[Arm]) -> tuple[ResolvedArm, ...]:
    """The arms with their models; each model is resolved once.

    Raises:
        UserError: a model or its weights are unknown, or a service doesn't answer.
    """
    resolve = cache(resolve_backbone)
    return tuple(ResolvedArm(arm, resolve(arm.conditions.backbone)) for arm in arms)


class QueryDemands:
    """Finds what every arm asks on each dataset, and so finds impossible settings early.

    Raises:
        UserError: the file of a model's weights can't be used with it.
    """

    def __init__(self, arms: Sequence[ResolvedArm]) -> None:
        self._known: dict[tuple[str, ResolvedBackbone, PromptSpace, _Texts], QueryDemand] = {}
        self._spaces: dict[tuple[ResolvedBackbone, tuple[str, ...]], PromptSpace] = {}
        backbones = dict.fromkeys(one.backbone for one in arms)
        self._facts = {backbone: facts_of(backbone) for backbone in backbones}

    @property
    def notes(self) -> tuple[str, ...]:
        """What is known of the models only when they run."""
        return tuple(note for facts in self._facts.values() for note in facts.notes)

    def facts(self, backbone: ResolvedBackbone) -> BoxFacts:
        """What is known of a model."""
        return self._facts[backbone]

    def of(self, one: ResolvedArm, dataset: Dataset, class_names: tuple[str, ...]) -> QueryDemand:
        """What an arm asks on a dataset.

        Args:
            one: the arm.
            dataset: the dataset to train on.
            class_names: its classes; empty if its data are missing.

        Raises:
            Misfit: the backbone can't be used with these classes, or the arm's settings are
                impossible on this dataset and backbone.
            ServiceError: a service doesn't answer.
        """
        name, label, facts = dataset.card.name, one.arm.label, self._facts[one.backbone]
        try:
            space = self._space(one.backbone, class_names)
        except ServiceError:
            raise
        except UserError as error:
            raise Misfit(f"{name}: {error}", str(error)) from None
        try:
            facts.check_access(_access(one.arm))
            if method_class(one.arm.method.name).trains:
                facts.check_answers(one.arm.conditions.answers)
            demand = self._demand(one, space, dataset, len(class_names) or dataset.card.classes)
            facts.check_texts(demand.templates, class_names, soft=demand.soft_text)
        except ServiceError:
            raise
        except (SettingsError, UserError) as error:
            raise Misfit(f"method {label!r} on {name}: {error}", str(error)) from None
        return demand

    def _space(self, backbone: ResolvedBackbone, class_names: tuple[str, ...]) -> PromptSpace:
        """What a backbone accepts, once it is known to take the classes' names."""
        if (backbone, class_names) not in self._spaces:
            space = self._facts[backbone].space(class_names)
            self._spaces[backbone, class_names] = space
        return self._spaces[backbone, class_names]

    def _demand(
        self, one: ResolvedArm, space: PromptSpace, dataset: Dataset, classes: int
    ) -> QueryDemand:
        """Demands depend on nothing else, so datasets that agree in these share them."""
        card = dataset.card
        identity = (one.arm.label, one.backbone, space, (card.templates, card.ensemble))
        if identity not in self._known:
            problem = Problem(
                space=space,
                classes=classes,
                templates=card.templates,
                ensemble=card.ensemble,
                batches_per_epoch=1,
                budget=one.arm.conditions.budget,
                seed=0,
                batch_size=one.arm.conditions.batch_size,
                words=self._facts[one.backbone].words,
            )
            self._known[identity] = _ask(one.arm.method, problem)
        return self._known[identity]


def _access(arm: Arm) -> Access:
    """What an arm needs of a black box.

    Raises:
        SettingsError: its settings can't work together.
    """
    if arm.impossible:
        raise SettingsError(arm.impossible)
    kind = method_class(arm.method.name)
    return kind.access(kind.settings_type.model_validate(arm.method.settings))


def _ask(method: MethodSpec, problem: Problem) -> QueryDemand:
    kind = method_class(method.name)
    settings = kind.settings_type.model_validate(method.settings)
    name = kind.encoder_name(settings)
    encoder = None if name is None else resolve_encoder(name)
    if encoder is not None:
        check_encoder(encoder)
    demand = kind.demand(replace(problem, encoder=encoder), settings)
    return QueryDemand(
        **vars(demand),
        image_size=kind.image_size(problem.space, settings),
        encoder=None if encoder is None else encoder.digest,
    )
