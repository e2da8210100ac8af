"""What answers mean for a plan: which methods can't learn from them, and which name all classes.

Most methods make do with any answer, for what it lacks is filled in before they are told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from benchmarks.datasets.class_names import shown
from methods.registry import method_class
from orchestrator.answers import KINDS, POOREST
from orchestrator.plan.misfit import Misfit
from orchestrator.plan.plan import PlannedCell
from orchestrator.spec.arm import Arm


def check_answers(arm: Arm, dataset: str) -> None:
    """Refuses an arm whose black box answers less than its method can learn from.

    Args:
        arm: a method with its conditions.
        dataset: name of the dataset to train on.

    Raises:
        Misfit: the answers are too poor.
    """
    kind, given = method_class(arm.method.name), arm.conditions.answers
    if not kind.trains:
        return
    access = kind.access(kind.settings_type.model_validate(arm.method.settings))
    if KINDS.index(given.kind) <= KINDS.index(access.answer):
        return
    reason = (
        f"it can't learn from answers of {given}: {access.because}. Use answers: "
        f"{POOREST[access.answer]} or more, or another method."
    )
    raise Misfit(f"method {arm.label!r} on {dataset}: {reason}", reason)


def top_notes(cells: Iterable[PlannedCell]) -> Iterator[str]:
    """One line for each answer of the best classes that names all there are, with the datasets."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for cell in cells:
        top = cell.cell.answers.top
        if top is not None and cell.fits and 0 < cell.classes <= top:
            found[top][f"{cell.cell.dataset} ({cell.classes} classes)"] = None
    for top, datasets in sorted(found.items()):
        yield (
            f"answers of top {top} name every class of {shown(tuple(datasets))}, so they are "
            f"log_probabilities there"
        )
