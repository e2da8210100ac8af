"""Makes the method of a cell again, in the state in which it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.batches import batches_per_epoch
from methods.problem import Problem, SettingsError
from methods.registry import UnknownMethod, method_class
from orchestrator.errors import UserError
from orchestrator.oracle.encoder import resolve_encoder

if TYPE_CHECKING:
    import torch

    from methods.interface import ImageEncoder, Method, State
    from orchestrator.cell import Cell
    from orchestrator.oracle.interface import Oracle
    from orchestrator.trial.surroundings import Surroundings


def check_method(cell: Cell, version: int | None) -> None:
    """Refuses a method that this release hasn't, or has in another version.

    Args:
        cell: the cell.
        version: of the method that ran it; None if it isn't known.

    Raises:
        UserError: says what to do.
    """
    name = cell.method.name
    try:
        present = method_class(name).version
    except UnknownMethod as error:
        raise UserError(
            f"the prompt was tuned by {name!r}, which isn't installed here: {error}"
        ) from None
    if version is not None and version != present:
        raise UserError(
            f"the prompt was tuned by version {version} of {name}, and version {present} is "
            f"installed, which makes other prompts of the same numbers. Use the release of "
            f"querycurve that tuned it, or tune it again."
        )


def rebuilt(
    cell: Cell,
    around: Surroundings,
    oracle: Oracle,
    state: State | None,
    encoder: ImageEncoder | None = None,
) -> Method:
    """The method of a cell as it was when the cell ended.

    Args:
        cell: the cell.
        around: what the cell's prompt is used with.
        oracle: the black box, of the same classes.
        state: the method's final state; None for one that trains nothing.
        encoder: the method's own image encoder, if it has one.

    Raises:
        UserError: the state doesn't fit the method.
    """
    kind = method_class(cell.method.name)
    images = around.train_images
    problem = Problem(
        space=oracle.space,
        classes=len(around.class_names),
        templates=around.templates,
        ensemble=around.ensemble,
        batches_per_epoch=batches_per_epoch(images, cell.batch_size) if images else 1,
        budget=cell.budget,
        seed=cell.seed,
        encoder=encoder,
        examples=images,
        batch_size=cell.batch_size,
        words=oracle.words,
    )
    try:
        method = kind(problem, kind.settings_type.model_validate(cell.method.settings))
        if state is not None:
            method.load(state)
    except (SettingsError, KeyError) as error:
        raise UserError(
            f"the stored prompt of {kind.name} doesn't fit its settings: {error}. Tune it again."
        ) from None
    return method


def own_encoder(cell: Cell, planned: str | None, device: torch.device) -> ImageEncoder | None:
    """The method's own image encoder; None if it has none.

    Args:
        cell: the cell.
        planned: fingerprint of the encoder that it was tuned with; None takes any.
        device: where it computes.

    Raises:
        UserError: it can't be loaded, or is another one.
    """
    kind = method_class(cell.method.name)
    name = kind.encoder_name(kind.settings_type.model_validate(cell.method.settings))
    if name is None:
        return None
    from orchestrator.oracle.mae_encoder import load_encoder

    found = resolve_encoder(name)
    if planned not in (None, found.digest):
        raise UserError(
            f"the encoder {name!r} is not the one that the prompt was tuned with: its fingerprint "
            f"is {found.digest}, and that was {planned}. Put the same file there."
        )
    return load_encoder(found, device)
