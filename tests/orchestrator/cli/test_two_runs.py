"""Two drivers on one grid and one store, at the same time: every cell once."""

from __future__ import annotations

from pathlib import Path

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.test_run import plan_of, points_of, start, undisturbed

__all__ = ["undisturbed"]


def test_two_runs_at_once_do_every_cell_exactly_once(
    tmp_path: Path, undisturbed: dict[str, object]
) -> None:
    drivers = [start(tmp_path, "--actors", "1") for _ in range(2)]
    outputs = [driver.communicate(timeout=240)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0], outputs
    assert points_of(tmp_path) == undisturbed
    for cell in plan_of(tmp_path).cells:
        said = sorted(_last_word(output, cell.title) for output in outputs)
        assert said in (["finished", "found"], ["done", "finished"]), outputs
    storage = Store(LocalStorage(tmp_path)).storage
    assert storage.names("leases") == storage.names("checkpoints") == ()


def _last_word(output: str, title: str) -> str:
    """What a driver said of a cell in the end; `done` when it never had to touch it."""
    words = [
        line.split()[0]
        for line in output.splitlines()
        if line.rstrip().endswith(title) and line.split()[0] in ("finished", "found")
    ]
    assert len(words) <= 1
    return words[0] if words else "done"
