"""A spec's cells without keys, made from the spec alone."""

from collections.abc import Iterator
from functools import cache, partial
from itertools import product

from methods.interface import Problem, PromptSpace, SettingsError
from methods.registry import method_class
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import SERVICE, Backbone, ResolvedBackbone, resolve_backbone
from orchestrator.oracle.encoder import Encoder
from orchestrator.plan.cells import as_it_runs, cell_of
from orchestrator.plan.demand import NOTHING, ResolvedArm
from orchestrator.plan.labels import under_labels
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.recall.resolved_once import Resolve
from orchestrator.plan.transfers import Transfers
from orchestrator.spec.arm import Arm
from orchestrator.spec.method import MethodSpec
from orchestrator.spec.spec import Spec

_ROOMY = PromptSpace(
    text_width=512,
    context_tokens=64,
    vision_width=768,
    image_size=224,
    token_embedding_std=0.02,
    text_layers=12,
    vision_layers=12,
)
"""A black box that takes every kind of prompt."""


class Blanks:
    """Makes cells that no key is known of, and which so are skipped.

    Their digest of the backbone is empty if its weights aren't here.

    Args:
        spec: the comparison.
        blind: whether cells are measured on validation images alone.
        resolve: finds models.
    """

    def __init__(self, spec: Spec, *, blind: bool, resolve: Resolve = resolve_backbone) -> None:
        self._spec = spec
        self._blind = blind
        self._transfers = Transfers(spec, "")
        self._resolved = cache(partial(_resolved, resolve))

    @property
    def backbone(self) -> ResolvedBackbone:
        """The spec's own model."""
        return self._resolved(self._spec.backbone)

    def on(self, dataset: str, reason: str, *, only_absent: bool = False) -> Iterator[PlannedCell]:
        """The cells of a dataset, each once under every label that it has.

        Args:
            dataset: the dataset's name.
            reason: why they are skipped.
            only_absent: whether those alone whose method isn't here.
        """
        spec, cells = self._spec, list[PlannedCell]()
        for shots in dict.fromkeys(arm.conditions.shots for arm in spec.arms):
            arms = [arm for arm in spec.arms if arm.conditions.shots == shots]
            arms = [arm for arm in arms if arm.method.absent or not only_absent]
            for seed, arm in product(spec.seeds, arms):
                cells.append(self._blank(dataset, arm, seed, reason))
        # Cells of different models look the same where weights aren't here.
        for backbone in dict.fromkeys(cell.backbone for cell in cells):
            yield from under_labels(cell for cell in cells if cell.backbone == backbone)

    def _blank(self, dataset: str, arm: Arm, seed: int, reason: str) -> PlannedCell:
        backbone = self._resolved(arm.conditions.backbone)
        spec, one = self._spec, ResolvedArm(arm, backbone)
        matters = spec.views or spec.evaluation.images
        touches = bool(matters) and _touches_images(arm.method)
        cell = cell_of(spec, one, dataset, seed, touches_images=touches)
        return PlannedCell(
            as_it_runs(cell, self._transfers, blind=self._blind),
            arm.label,
            backbone,
            NOTHING,
            key="",
            status="skipped",
            reason=reason.removeprefix(f"dataset {dataset}: "),
            ablation_points=arm.ablation_points,
        )


def _resolved(resolve: Resolve, backbone: Backbone) -> ResolvedBackbone:
    """The model with its digest; without one if its weights or its service can't be had."""
    try:
        return resolve(backbone)
    except UserError:
        model = f"{SERVICE}{backbone.model}" if backbone.remote else backbone.model
        return ResolvedBackbone(backbone.model, model, backbone.pretrained, digest="")


def _touches_images(method: MethodSpec) -> bool:
    if method.absent:
        return False
    kind = method_class(method.name)
    settings = kind.settings_type.model_validate(method.settings)
    encoder = kind.encoder_name(settings)
    problem = Problem(
        space=_ROOMY,
        classes=2,
        templates=("a photo of a {}.",),
        batches_per_epoch=1,
        budget=1,
        seed=0,
        encoder=None if encoder is None else Encoder(encoder, digest=""),
    )
    try:
        return kind.demand(problem, settings).touches_images
    except SettingsError:
        return False
