"""The black box that answers a prompt outside of trials: a model in memory, or a service."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, ResolvedBackbone, resolve_backbone
from orchestrator.oracle.clip import ClipOracle, load_clip
from orchestrator.oracle.interface import Oracle
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.tables import TableMaker
from orchestrator.pixels.feed import Feed
from orchestrator.precision import Precision
from orchestrator.trial.encoded_tables import EncodedTables

if TYPE_CHECKING:
    from orchestrator.deploy.record import BackboneRecord

_READERS = 8
"""Threads that prepare images, at most."""


@dataclass(frozen=True)
class Box:
    """A black box of some classes.

    Attributes:
        oracle: answers, and charges nothing to a method.
        tables: makes tables of images for it.
        feed: prepares images.
        device: where the networks compute that methods bring along.
    """

    oracle: Oracle
    tables: TableMaker
    feed: Feed
    device: torch.device


def found_backbone(
    recorded: BackboneRecord, given: str | Backbone | dict[str, Any] | None, *, check: bool
) -> ResolvedBackbone:
    """The model that a prompt was tuned for, as it is found here.

    Args:
        recorded: the model.
        given: another place of the same model; None looks where it was.
        check: whether another model is refused.

    Raises:
        UserError: it can't be found, or is another one; says what to do.
    """
    if given is None and recorded.service:
        raise UserError(
            f"the prompt was tuned for {recorded.name!r}, which a service offers: say where, as in "
            f'backbone={{"model": "{recorded.name}", "service": "https://..."}}.'
        )
    chosen = recorded.backbone if given is None else _as_backbone(given)
    try:
        found = resolve_backbone(chosen.with_file())
    except UserError as error:
        if given is not None:
            raise
        raise UserError(
            f"the prompt was tuned for the backbone {str(recorded.backbone)!r}, which isn't here: "
            f"{error} Give its place as `backbone`."
        ) from None
    if check and found.digest != recorded.fingerprint:
        raise UserError(
            f"the backbone {str(chosen)!r} is not the model that the prompt was tuned for, "
            f"{str(recorded.backbone)!r}: its fingerprint is {found.digest}, and that was "
            f"{recorded.fingerprint}. Give the same weights as `backbone`; with "
            f"`check_backbone=False` it is used all the same, but then the accuracy is another one."
        )
    return found


def open_box(
    backbone: ResolvedBackbone,
    class_names: tuple[str, ...],
    precision: Precision = "fp32",
    device: str | None = None,
) -> Box:
    """A black box of some classes.

    Args:
        backbone: the model.
        class_names: names by label.
        precision: number format of its arithmetic; a service has its own.
        device: where a model in memory computes; None takes a GPU if there is one.

    Raises:
        UserError: the model can't be loaded or asked, or a class name is too long for it.
    """
    if backbone.remote is not None:
        return _asked(backbone, class_names)
    place = _device(device)
    clip = load_clip(backbone, precision, place)
    oracle = ClipOracle(clip, class_names, Ledger(limit=0), Ledger())
    feed = Feed(threads=min(_READERS, os.cpu_count() or 1), device=place)
    return Box(oracle, EncodedTables(oracle.encode_images), feed, place)


def _asked(backbone: ResolvedBackbone, class_names: tuple[str, ...]) -> Box:
    """A service, whose answers are charged to whoever asks, with an account of its own."""
    from uuid import uuid4

    from orchestrator.oracle.remote.connect import connect
    from orchestrator.oracle.remote.identity import Origin
    from orchestrator.oracle.remote.images.image_sets import MEMORY
    from orchestrator.oracle.remote.images.recent_tensors import RecentTensors
    from orchestrator.oracle.remote.images.stored_table import StoredTables
    from orchestrator.oracle.remote.oracle import Account, RemoteOracle, SharedService

    if backbone.remote is None:
        raise ValueError("only a remote backbone is asked")
    model = backbone.remote
    service = connect(model.backbone, None, model.capabilities.fingerprint)
    shared = SharedService.to(service, model.backbone.in_flight)
    account = Account(Origin(uuid4().hex, "deployed"))
    oracle = RemoteOracle(shared, class_names, Ledger(limit=0), Ledger(), account)
    tables = StoredTables(service.capabilities, RecentTensors(MEMORY))
    return Box(oracle, tables, Feed(), torch.device("cpu"))


def _as_backbone(given: str | Backbone | dict[str, Any]) -> Backbone:
    """What a person gives: a name, a folder, `local-dir:` and a folder, or fields of a spec.

    Raises:
        UserError: it is none of those.
    """
    from orchestrator.reading.validation import Refused, validated

    if isinstance(given, Backbone):
        return given
    try:
        return validated(Backbone, {"model": given} if isinstance(given, str) else given)
    except Refused as error:
        raise UserError(f"backbone: {error}.") from None


def _device(given: str | None) -> torch.device:
    if given is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(given)
    except RuntimeError:
        raise UserError(f"unknown device {given!r}: expected cpu, cuda or cuda:N.") from None
