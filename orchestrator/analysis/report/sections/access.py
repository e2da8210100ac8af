"""What each method needs of a black box, and how it is deployed."""

from collections.abc import Iterator

from orchestrator.analysis.access import (
    TRANSLUCENT_WORDS,
    UNLABELLED_WORDS,
    group_title,
    least_answers,
    track_of,
)
from orchestrator.analysis.deployment import deployment_of
from orchestrator.analysis.report.blocks import Block, TableBlock
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import by_contender

CAPTION = (
    "As the methods declare it, from what every service takes to what few or none do. Strings: "
    "prompts as text, and images. Pixels: changed images. Soft context: token embeddings in place "
    "of words. Visual tokens: tokens beside the image's patches. Inner layers: hidden states. A "
    "readout is a function of the returned scores that the client keeps; it knows the classes that "
    "it was trained on and no others. Queries a test image: what an answer costs once a method is "
    "trained; - where results are of earlier releases, which did not note it."
)


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing when nothing has finished."""
    members = by_contender(comparison.runs)
    if not members:
        return
    rows, groups = [], []
    for who in comparison.in_order(members):
        access, deployment = comparison.access[who.method], deployment_of(members[who])
        unlabelled = "-" if access is None else "yes" if access.unlabelled_test_images else "no"
        groups.append(group_title(access))
        rows.append(
            (
                comparison.marked(who.method),
                str(who.shots or "-"),
                track_of(access),
                deployment.readout_text,
                unlabelled,
                deployment.queries_text,
            )
        )
    header = ("method", "shots", "track", "readout", "learns from test images")
    said = [CAPTION]
    if comparison.several_tracks:
        said.append(TRANSLUCENT_WORDS)
    if any(comparison.marked(who.method) != who.method for who in members):
        said.append(UNLABELLED_WORDS)
    said += least_answers({who.method: comparison.access[who.method] for who in members})
    yield TableBlock(
        "access",
        " ".join(said),
        (*header, "queries a test image"),
        tuple(rows),
        numeric_from=5,
        row_groups=tuple(groups),
    )
