"""Makes the method of a cell again, in the state in which it ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.batches import batches_per_epoch
from benchmarks.quoting import cut, quoted
from extensions.entry_points import declared
from extensions.reference import is_reference
from methods.problem import Problem, SettingsError
from methods.registry import GROUP, method_class, outside_code
from orchestrator.errors import UserError
from orchestrator.oracle.encoder import resolve_encoder
from orchestrator.reading.validation import Refused, validated

if TYPE_CHECKING:
    import torch

    from methods.interface import ImageEncoder, Method, Settings, State
    from orchestrator.cell import Cell
    from orchestrator.oracle.interface import Oracle
    from orchestrator.trial.surroundings import Surroundings


def check_trusted(cell: Cell) -> None:
    """Refuses to import a module because a folder names it, which may be a stranger's.

    A class elsewhere is taken from a module that the caller has imported, or from a package that
    was installed to offer it.

    Raises:
        UserError: it is neither; says what to do.
    """
    place = cell.method.name
    module = place.partition(":")[0]
    offered = {one.reference for ones in declared(GROUP).values() for one in ones}
    if is_reference(place) and module not in sys.modules and place not in offered:
        raise UserError(
            f"the prompt needs its method, {quoted(place)}, and no installed package offers that: "
            f"importing it runs its code. If you trust it, import {cut(module)} first."
        )


def check_method(cell: Cell, version: int | None, code: str | None = None) -> None:
    """Refuses a method that isn't here, or is other code.

    Args:
        cell: the cell.
        version: of the method that ran it; None if it isn't known.
        code: digest of the code of a method of another package; None if it isn't known.

    Raises:
        UserError: says what to do.
    """
    name = cell.method.name
    try:
        kind = method_class(name)
    except ValueError as error:
        raise UserError(
            f"the prompt was tuned by {name!r}, which isn't installed here: {error}"
        ) from None
    if version is not None and version != kind.version:
        package = "its package" if is_reference(name) else "querycurve"
        raise UserError(
            f"the prompt was tuned by version {version} of {name}, and version {kind.version} is "
            f"installed, which makes other prompts of the same numbers. Use the release of "
            f"{package} that tuned it, or tune it again."
        )
    if code is not None and code != outside_code(kind):
        raise UserError(
            f"the prompt was tuned by other code of {name} than is here, which may make other "
            f"prompts of the same numbers. Bring that code back, or tune it again."
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
        method = kind(problem, _settings(cell))
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
    name = kind.encoder_name(_settings(cell))
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


def _settings(cell: Cell) -> Settings:
    """The settings of a cell's method.

    Raises:
        UserError: it takes none such.
    """
    try:
        return validated(method_class(cell.method.name).settings_type, cell.method.settings)
    except Refused as error:
        raise UserError(
            f"{cell.method.name} that is here doesn't take the settings of the prompt: {error}."
        ) from None
