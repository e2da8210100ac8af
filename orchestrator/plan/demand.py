"""What methods ask of the oracle, as they say themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from benchmarks.datasets.interface import Dataset
from methods.interface import Demand, Problem, PromptSpace, SettingsError
from methods.registry import method_class
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, resolve_backbone
from orchestrator.oracle.encoder import check_encoder, resolve_encoder
from orchestrator.oracle.space import planned_space
from orchestrator.oracle.text.config import check_tokenizer, context_refusal
from orchestrator.oracle.text.lengths import TextLengths
from orchestrator.oracle.weights.check import checked_weights
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
    """Finds what every arm asks on each dataset, and so refuses impossible settings early.

    Raises:
        UserError: the file of a model's weights can't be used with it.
    """

    def __init__(self, arms: Sequence[ResolvedArm]) -> None:
        self._arms = arms
        self._known: dict[tuple[str, PromptSpace, _Texts], QueryDemand] = {}
        backbones = dict.fromkeys(one.backbone for one in arms)
        self._lengths = {backbone: TextLengths(backbone) for backbone in backbones}
        self._weights_notes = tuple(note for one in backbones for note in checked_weights(one))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is known of the models only when they run."""
        uncounted = (lengths.note for lengths in self._lengths.values())
        return (*self._weights_notes, *filter(None, uncounted))

    def on(self, dataset: Dataset, class_names: tuple[str, ...]) -> dict[str, QueryDemand]:
        """What each arm asks, by label.

        Args:
            dataset: the dataset to train on.
            class_names: its classes; empty if its data are missing.

        Raises:
            UserError: an arm's settings are impossible on this dataset and backbone.
        """
        try:
            spaces = {}
            for backbone, lengths in self._lengths.items():
                spaces[backbone] = planned_space(backbone, class_names, lengths)
                lengths.check(("{}.",), class_names)
        except UserError as error:
            raise UserError(f"{dataset.card.name}: {error}") from None
        demands = {}
        for one in self._arms:
            label, space = one.arm.label, spaces[one.backbone]
            texts = (dataset.card.templates, dataset.card.ensemble)
            try:
                # Demands depend on nothing else, so datasets that agree in these share them.
                if (label, space, texts) not in self._known:
                    problem = Problem(
                        space=space,
                        classes=len(class_names) or dataset.card.classes,
                        templates=dataset.card.templates,
                        ensemble=dataset.card.ensemble,
                        batches_per_epoch=1,
                        budget=one.arm.conditions.budget,
                        seed=0,
                    )
                    self._known[label, space, texts] = _ask(one.arm.method, problem)
                demands[label] = self._known[label, space, texts]
                self._check(one.backbone, demands[label], class_names)
            except (SettingsError, UserError) as error:
                raise UserError(f"method {label!r} on {dataset.card.name}: {error}") from None
        return demands

    def _check(
        self, backbone: ResolvedBackbone, demand: QueryDemand, class_names: tuple[str, ...]
    ) -> None:
        """Refuses a method that asks what the backbone can't do."""
        refusal = context_refusal(backbone)
        if demand.soft_text and refusal:
            raise UserError(refusal)
        check_tokenizer(backbone)
        self._lengths[backbone].check(demand.templates, class_names)


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
