"""Which weights a model had when results were made, where they or its service can't be had."""

from collections.abc import Iterable, Mapping, Sequence

from orchestrator.oracle.backbone import SERVICE, ResolvedBackbone
from orchestrator.plan.recall.stored import Stored


def digests_of(
    backbones: Iterable[ResolvedBackbone], stored: Sequence[Stored]
) -> Mapping[ResolvedBackbone, frozenset[str]]:
    """The digests that results may have of each model.

    A model whose weights are here has its own. Of another one, results say the name; their digests
    are its weights, also where results have them under other names. Where two such models have one
    name, results tell them apart by the weights that a spec gave, or not at all.
    """
    every = tuple(dict.fromkeys(backbones))
    unknown = [backbone for backbone in every if not backbone.digest]
    found = {backbone: frozenset({backbone.digest}) for backbone in every if backbone.digest}
    for backbone in unknown:
        alone = sum(other.label == backbone.label for other in unknown) == 1
        found[backbone] = frozenset(
            one.cell.backbone
            for one in stored
            if one.backbone == backbone.label and _may_be(one, backbone, alone=alone)
        )
    return found


def _may_be(one: Stored, backbone: ResolvedBackbone, *, alone: bool) -> bool:
    """Whether a result under a model's name was made with its weights."""
    if backbone.model.startswith(SERVICE):
        return alone and one.cell.backbone.startswith(f"{backbone.model}:")
    if not one.cell.backbone.startswith("sha256:"):
        return False  # published weights, and those are always known
    given = one.provenance.get("weights")
    if given is None or backbone.pretrained is None:
        return alone
    return str(given) == backbone.pretrained
