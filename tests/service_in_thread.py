"""A service of the pocket on loopback in a thread of this process, which starts at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.clip import LoadedClip, load_clip
from orchestrator.server.ledger import MEMORY, ServiceLedger
from orchestrator.server.listening import address_of, bound
from orchestrator.server.model import Offer, ServedModel
from orchestrator.server.running import Running, Service


@dataclass(frozen=True)
class ThreadedService:
    """A running service.

    Attributes:
        address: where it listens.
        model: what it offers.
        ledger: what it has charged.
    """

    address: str
    model: ServedModel
    ledger: ServiceLedger


@cache
def pocket() -> LoadedClip:
    """The pocket's model, in memory once for all tests of a process."""
    return load_clip(resolve_backbone(Backbone(model="pocket")), "fp32", torch.device("cpu"))


@contextmanager
def service_in_thread(
    offer: Offer | None = None, *, clip: LoadedClip | None = None, port: int = 0, **around: Any
) -> Iterator[ThreadedService]:
    """A service for as long as the block lasts.

    Args:
        offer: how the model is offered; by default without limits, under the name `pocket`.
        clip: the model; the pocket's by default.
        port: where it listens; 0 takes a free one.
        around: other fields of `orchestrator.server.running.Service`, such as `access`.
    """
    model = ServedModel(clip or pocket(), offer or Offer("pocket"))
    ledger = around.pop("ledger", None) or ServiceLedger.open(MEMORY)
    ready = threading.Event()
    with bound("127.0.0.1", port, closed=True) as listener:
        running = Running(Service(model, ledger, **around), ready.set)
        thread = threading.Thread(target=running.serve, args=(listener,), daemon=True)
        address = address_of(listener)
        thread.start()
        try:
            assert ready.wait(60), "the service doesn't start"
            yield ThreadedService(address, model, ledger)
        finally:
            running.end()
            thread.join(60)
