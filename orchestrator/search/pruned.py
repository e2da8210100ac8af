"""Marks the cells of pruned trials in the store."""

from collections.abc import Callable

from orchestrator.plan.damaged import keys_set_aside
from orchestrator.search.assignment import Assignment
from orchestrator.search.plan import PlannedSearch
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from orchestrator.trial.checkpoint import Checkpoints


def set_aside_damaged_trials(found: PlannedSearch, say: Callable[[str], None]) -> None:
    """Moves damaged traces of trials, and of the baseline, to the folder `damaged`.

    The study still knows how trials ended. Pruned ones are marked anew from their checkpoints; what
    a running trial or the baseline has lost, the search measures again.

    Args:
        found: the search.
        say: told of each, and what follows from it.

    Raises:
        UnreadableTrace: a trace is of a schema version that this release doesn't know.
        UserError: none of the datasets is there.
    """
    trials = found.search.trials
    baseline = [cell.key for cell in found.baseline().cells]
    keys = dict.fromkeys([*baseline, *(key for trial in trials for key in trial.keys)])
    damaged = keys_set_aside(tuple(keys), found.store, say)
    for trial in trials:
        if damaged.isdisjoint(trial.keys):
            continue
        if trial.state == "pruned":
            mark_pruned(found.assignment(trial.number, dict(trial.point)), found.store)
            say(f"trial {trial.number} stays pruned; a checkpoint, if any, tells how far it came")
        elif trial.state == "complete":
            say(f"trial {trial.number} stays complete; the study holds its value, not its curve")


def mark_pruned(assignment: Assignment, store: Store) -> None:
    """Stores what the unfinished cells of a trial had measured, as pruned.

    Their checkpoints stay: another search that comes to the same cell goes on from there.
    """
    finished = store.finished_keys()
    for cell in assignment.cells:
        snapshot = Checkpoints(store, cell.key).latest()
        if cell.key in finished or snapshot is None:
            continue
        store.save(
            Trace(
                key=cell.key,
                cell=cell.cell.model_dump(mode="json"),
                status="pruned",
                points=snapshot.points,
                ledgers=snapshot.ledgers,
                timing=snapshot.seconds,
            )
        )
