"""Before a search goes on: finds stored traces of its trials that can't be read."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.salvage import keys_set_aside
from orchestrator.search.pruned import mark_pruned
from orchestrator.searching import Searched
from orchestrator.store import Store


def set_aside_damaged_trials(found: Searched, store: Store, say: Callable[[str], None]) -> None:
    """Moves damaged traces of trials, and of the method as it stands, to the folder `damaged`.

    The study still knows how trials ended. Pruned ones are marked anew from their checkpoints; what
    a running trial or the method as it stands has lost, the search measures again.

    Args:
        found: the search.
        store: where traces lie.
        say: told of each, and what follows from it.

    Raises:
        UnknownVersion: a trace is of a schema version that this release doesn't know.
        UserError: none of the datasets is there.
    """
    trials = found.search.trials
    stands = [cell.key for cell in found.planner.as_it_stands().cells]
    keys = dict.fromkeys([*stands, *(key for trial in trials for key in trial.keys)])
    damaged = keys_set_aside(tuple(keys), store, say)
    for trial in trials:
        if damaged.isdisjoint(trial.keys):
            continue
        if trial.state == "pruned":
            mark_pruned(found.planner.assignment(trial.number, dict(trial.point)), store)
            say(f"trial {trial.number} stays pruned; a checkpoint, if any, tells how far it came")
        elif trial.state == "complete":
            say(f"trial {trial.number} stays complete; the study holds its value, not its curve")
