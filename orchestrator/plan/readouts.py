"""Refuses methods that deploy a readout where classes are tested that it was not trained on."""

from benchmarks.datasets.interface import Dataset, DatasetError
from benchmarks.protocols import protocol_named
from methods.registry import method_class
from orchestrator.plan.misfit import Misfit
from orchestrator.plan.transfers import Transfers
from orchestrator.spec.arm import Arm
from orchestrator.spec.spec import Spec


def check_readout(arm: Arm, dataset: Dataset, spec: Spec, transfers: Transfers) -> None:
    """Refuses an arm on a dataset whose classes its readout wouldn't know.

    Args:
        arm: a method with its settings.
        dataset: the dataset to train or to test on.
        spec: says the protocol.
        transfers: knows where prompts are trained.

    Raises:
        Misfit: the arm has a readout, and the protocol tests it on other classes here.
    """
    kind = method_class(arm.method.name)
    settings = kind.settings_type.model_validate(arm.method.settings)
    if not kind.access(settings).readout or not _other_classes(dataset, spec, transfers):
        return
    reason = (
        f"its readout knows the classes that it was trained on and no others, and {spec.protocol} "
        f"tests other classes here. Use few_shot, or a method without a readout."
    )
    raise Misfit(f"method {arm.label!r} on {dataset.card.name}: {reason}", reason)


def _other_classes(dataset: Dataset, spec: Spec, transfers: Transfers) -> bool:
    """Whether a cell on a dataset is tested on classes that it wasn't trained on.

    Of a transfer to a dataset that is missing, it isn't known.
    """
    if protocol_named(spec.protocol).splits_classes:
        return True
    if not transfers.only_tests(dataset):
        return False
    try:
        if dataset.missing() is not None:
            return False
        return not transfers.same_classes(dataset)
    except DatasetError:  # said where images are looked for
        return False
