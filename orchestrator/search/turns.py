"""Runs of one search take turns: two at once would both take up the same interrupted trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep

from orchestrator.leases import Leases
from orchestrator.search.study import StudyPlace

PAUSE = 2.0
"""Seconds between two questions whether the other run has ended."""


@contextmanager
def own_turn(place: StudyPlace, leases: Leases, say: Callable[[str], None]) -> Iterator[None]:
    """Holds a search for as long as the block lasts, once no other run does.

    Waits, as runs do for each other's cells: a run that was started anew elsewhere, after its host
    died, must outlast the dead one's lease. What was known of the study before is stale by then.

    Args:
        place: the search's study; wherever it is kept, runs on one store meet in the store.
        leases: on behalf of this run.
        say: told once whom it waits for.
    """
    name, told = f"search-{place.name}", False
    while True:
        with leases.held(name) as lease:
            if lease is not None:
                yield
                return
        if not told:
            say(_waiting(leases, name))
            told = True
        sleep(PAUSE)


def _waiting(leases: Leases, name: str) -> str:
    holder = leases.held_by(name)
    who = "" if holder is None else f" (process {holder.process.pid} on {holder.process.host})"
    return (
        f"another run{who} is at this search; waiting until it ends, and then going on with what "
        f"is left. If it is dead, that is within {leases.terms.lasts:.0f} seconds."
    )
