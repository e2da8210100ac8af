"""What is going on with a spec: whether anything works on it now, and what is left of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestrator.console import counted

if TYPE_CHECKING:
    from orchestrator.cli.work import Work
    from orchestrator.plan.plan import Status
    from orchestrator.search.plan import PlannedSearch

State = Literal["running", "paused", "failed", "done", "not started"]


@dataclass(frozen=True)
class Standing:
    """What is going on.

    Attributes:
        counts: number of cells by status, each counted once.
        working: keys of the cells that somebody works on now.
        searching: whether somebody runs the spec's search now.
        launched: whether a run of its cells is on, be it that none of them works yet.
        search_left: whether trials of its search are left.
        search_begun: whether its search has any trial.
    """

    counts: Counter[Status]
    working: frozenset[str] = frozenset()
    searching: bool = False
    launched: bool = False
    search_left: bool = False
    search_begun: bool = False

    @property
    def state(self) -> State:
        """`running` where leases live; `failed` where only cells that failed are left.

        `paused` where anything has begun and more is left, and nothing runs.
        """
        counts = self.counts
        if self.working or self.searching or self.launched:
            return "running"
        if not self.search_left and not (counts["in progress"] or counts["new"]):
            return "failed" if counts["failed"] else "done"
        begun = counts["done"] or counts["in progress"] or counts["failed"] or self.search_begun
        return "paused" if begun else "not started"

    def text(self, command: str) -> str:
        """One line for people.

        Args:
            command: runs what is left.
        """
        state = self.state
        if state == "running":
            return f"running: {self._workers()}"
        if state == "done":
            skipped = self.counts["skipped"]
            if not skipped:
                return "done: nothing is left to run"
            are = "is" if skipped == 1 else "are"
            return (
                f"done: nothing is left that can run here; {counted(skipped, 'cell')} {are} skipped"
            )
        if state == "not started":
            return f"not started: nothing runs; `{command}` does"
        if state == "failed":
            failed = self.counts["failed"]
            it = "it" if failed == 1 else "them"
            return (
                f"failed: {counted(failed, 'cell')} failed and nothing runs; `{command}` tries "
                f"{it} again"
            )
        return f"paused: {self._left()} and nothing runs; `{command}` goes on"

    def _workers(self) -> str:
        count = len(self.working)
        if not count and not self.searching:
            return "it starts, or is between two cells"
        cells = f"{counted(count, 'cell')} {'works' if count == 1 else 'work'} now"
        if not self.searching:
            return cells
        return f"{cells}, and the search" if count else "the search is at work"

    def _left(self) -> str:
        if begun := self.counts["in progress"]:
            have = "has a checkpoint" if begun == 1 else "have checkpoints"
            return f"{counted(begun, 'cell')} {have}"
        left = self.counts["new"] + self.counts["failed"]
        if not left:
            return "trials of the search are left"
        return f"{counted(left, 'cell')} {'is' if left == 1 else 'are'} left"


def standing_of(work: Work) -> Standing:
    """What is going on with a spec; reads the store's leases, and writes nothing."""
    from orchestrator.cli.run_lease import run_lease_name
    from orchestrator.store.leases import living

    keys = {cell.key for cell in work.plan.cells if cell.key and cell.status != "done"}
    lock = None if work.search is None else _lock_of(work.search)
    launch = run_lease_name(work.plan)
    held = living(work.store.storage, {*keys, launch, *([] if lock is None else [lock])})
    search = None if work.search is None else work.search.search
    return Standing(
        counts=work.plan.counts(),
        working=held & keys,
        searching=lock in held,
        launched=launch in held,
        search_left=search is not None and not search.is_over,
        search_begun=search is not None and bool(search.trials),
    )


def _lock_of(found: PlannedSearch) -> str:
    from orchestrator.search.study import lock_name, study_place

    return lock_name(study_place(found.spec, found.section, found.store, found.data))
