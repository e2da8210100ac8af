"""What methods ask of the oracle, as they say themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from benchmarks.datasets.interface import Dataset
from methods.interface import Demand, Problem, PromptSpace, SettingsError, Words
from methods.registry import method_class
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, resolve_backbone
from orchestrator.oracle.encoder import check_encoder, resolve_encoder
from orchestrator.oracle.space import planned_space
from orchestrator.oracle.text.config import check_tokenizer, context_refusal
from orchestrator.oracle.text.lengths import TextLengths
from orchestrator.oracle.weights.check import checked_weights
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
        UserError: a model or its weights are unknown.
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
        self._lengths = {backbone: TextLengths(backbone) for backbone in backbones}
        self._weights_notes = tuple(note for one in backbones for note in checked_weights(one))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is known of the models only when they run."""
        uncounted = (lengths.note for lengths in self._lengths.values())
        return (*self._weights_notes, *filter(None, uncounted))

    def words(self, backbone: ResolvedBackbone) -> Words:
        """Counts the tokens of texts as a model's tokenizer does."""
        return self._lengths[backbone]

    def counts_tokens(self, backbone: ResolvedBackbone) -> bool:
        """Whether `words` counts a model's own tokens; where it can't, it counts words."""
        return not self._lengths[backbone].note

    def of(self, one: ResolvedArm, dataset: Dataset, class_names: tuple[str, ...]) -> QueryDemand:
        """What an arm asks on a dataset.

        Args:
            one: the arm.
            dataset: the dataset to train on.
            class_names: its classes; empty if its data are missing.

        Raises:
            Misfit: the backbone can't be used with these classes, or the arm's settings are
                impossible on this dataset and backbone.
        """
        name, label = dataset.card.name, one.arm.label
        try:
            space = self._space(one.backbone, class_names)
        except UserError as error:
            raise Misfit(f"{name}: {error}", str(error)) from None
        try:
            demand = self._demand(one, space, dataset, len(class_names) or dataset.card.classes)
            self._check(one.backbone, demand, class_names)
        except (SettingsError, UserError) as error:
            raise Misfit(f"method {label!r} on {name}: {error}", str(error)) from None
        return demand

    def _space(self, backbone: ResolvedBackbone, class_names: tuple[str, ...]) -> PromptSpace:
        """What a backbone accepts, once its context is known to hold the classes' names."""
        known = self._spaces.get((backbone, class_names))
        if known is not None:
            return known
        lengths = self._lengths[backbone]
        space = planned_space(backbone, class_names, lengths)
        lengths.check(("{}.",), class_names)
        self._spaces[backbone, class_names] = space
        return space

    def _demand(
        self, one: ResolvedArm, space: PromptSpace, dataset: Dataset, classes: int
    ) -> QueryDemand:
        """Demands depend on nothing else, so datasets that agree in these share them."""
        card = dataset.card
        identity = (one.arm.label, one.backbone, space, (card.templates, card.ensemble))
        if one.arm.impossible:
            raise SettingsError(one.arm.impossible)
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
                words=None if context_refusal(one.backbone) else self._lengths[one.backbone],
            )
            self._known[identity] = _ask(one.arm.method, problem)
        return self._known[identity]

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
