"""A black box that is a service: nothing of its model is loaded here."""

from __future__ import annotations

import platform
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from benchmarks.protocols import Task, evaluation_task, split_digest
from orchestrator.cell import Cell
from orchestrator.oracle.backbone import RemoteModel
from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.remote.identity import Origin
from orchestrator.oracle.remote.images.image_sets import MEMORY
from orchestrator.oracle.remote.images.recent_tensors import RecentTensors
from orchestrator.oracle.remote.images.stored_table import StoredTable, StoredTables
from orchestrator.oracle.remote.oracle import Account, RemoteOracle, SharedService
from orchestrator.oracle.remote.publishable import publishable
from orchestrator.oracle.remote.service import Caller, ModelChanged
from orchestrator.pixels.feed import Feed
from orchestrator.pixels.split import ImageSplit
from orchestrator.trial.black_box import BlackBox, OpenBox, SplitTables

_START = 60.0
"""Seconds that an actor waits for its service when it starts: nobody is told of that."""
_TABLES_KEPT = 16
"""Tables of whole splits in memory at once; they hold digests of images, and no images."""


@dataclass
class _Stored(SplitTables):
    """Tables of images that a service stores, of which whole splits are remembered."""

    stored: StoredTables
    feed: Feed
    _known: OrderedDict[tuple[str, str], StoredTable] = field(default_factory=OrderedDict)

    @property
    def make(self) -> StoredTables:
        """See `SplitTables`."""
        return self.stored

    def whole(self, digest: str, split: ImageSplit, check: Callable[[], None]) -> StoredTable:
        """See `SplitTables`."""
        name = digest, split.preprocessing.digest()
        if name not in self._known:
            made = self.stored(split.some, split.labels, split)
            check()
            self._known[name] = made
        self._known.move_to_end(name)
        if len(self._known) > _TABLES_KEPT:
            self._known.popitem(last=False)
        return self._known[name]

    def test(self, given: FeatureTable | None, task: Task) -> StoredTable:
        """See `SplitTables`; features are of no use to a service."""
        del given
        all_classes = evaluation_task(task.dataset)
        plain = self.stored.capabilities.images.preprocessing
        split = ImageSplit(task.dataset, all_classes.test, plain, feed=self.feed)
        return self.whole(split_digest(all_classes, ("test",)), split, lambda: None)


class ServiceBox(BlackBox):
    """A service that an actor asks.

    Args:
        model: the service's model, as it was planned.
        store: identity of the store that results go to.
        caller: who asks.
        feed: reads images.

    Raises:
        ModelChanged: the service has another model now.
        UserError: it can't be used.
    """

    def __init__(self, model: RemoteModel, store: str, caller: Caller, feed: Feed) -> None:
        from orchestrator.oracle.remote.connect import connect

        self.device = torch.device("cpu")
        self._model, self._store, self.feed = model, store, feed
        planned = model.capabilities.fingerprint
        hasty = replace(caller, patience=min(_START, caller.patience))
        connect(model.backbone, hasty, planned).close()
        service = connect(model.backbone, caller, planned)
        if not service.capabilities.means_the_same_as(model.capabilities):
            service.close()
            raise ModelChanged(
                f"the service of {model.backbone.model!r} says other things of its model than when "
                f"this run was planned, although its fingerprint is the same: how images are "
                f"prepared, or what it takes or answers. Start the run again to plan with that."
            )
        self._service = SharedService.to(service, model.backbone.in_flight)
        self._tables = _Stored(StoredTables(service.capabilities, RecentTensors(MEMORY)), feed)

    def open(self, cell: Cell, task: Task, key: str) -> OpenBox:
        """See `BlackBox`."""
        budget, account = Ledger(limit=cell.budget), Account(Origin(self._store, key))
        oracle = RemoteOracle(self._service, task.class_names, budget, Ledger(), account)
        return OpenBox(oracle, self._tables, oracle.beside)

    def provenance(self) -> Mapping[str, Any]:
        """See `BlackBox`; where the service is concerns nobody who reads results."""
        told = self._model.capabilities
        return {
            "machine": f"a service; its client on {platform.machine()}",
            "towers": "of a service",
            "weights": None,
            "service": {"model": told.model, "fingerprint": told.fingerprint},
        }

    def publishable(self, text: str) -> str:
        """See `BlackBox`: without addresses."""
        return publishable(text, self._model.backbone)
