"""What the driver passes on of what its actors say."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.pool.display import RunDisplay
from orchestrator.pool.driver import Driver
from orchestrator.pool.pool import PoolTask
from orchestrator.pool.slots import PoolLimits
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.messages import Progress, WorkerSetup


class Lines(RunDisplay):
    """Keeps what it was told."""

    def __init__(self) -> None:
        super().__init__((), Console(quiet=True))
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def test_remarks_of_many_actors_are_told_once_and_notices_each_time(tmp_path: Path) -> None:
    setup = WorkerSetup(
        resolve_backbone(Backbone(model="pocket")), "fp32", str(tmp_path), str(tmp_path), "refuse"
    )
    lines = Lines()
    driver = Driver((), Store(LocalStorage(tmp_path)), setup, PoolLimits(), lines)
    for cell in ("first", "second"):
        said = Progress(1, notices=("the store is away",), remarks=("the model is slow",))
        driver._progressed(PoolTask(cell, lambda _: None), said)
    assert lines.said == ["the store is away", "the model is slow", "the store is away"]
