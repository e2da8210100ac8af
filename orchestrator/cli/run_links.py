"""Links from a report into MLflow, where a run has written there."""

from __future__ import annotations

from pathlib import Path

from orchestrator.analysis.report.run_links import RunLink, found_by_key
from orchestrator.store.sqlite_address import sqlite_file
from orchestrator.store.store import Store


def link_to_write(name: str, store: Store, uri: str | None) -> RunLink | None:
    """Links of a report whose cells are about to be written to MLflow, or were.

    Args:
        name: the spec's, which its experiment has.
        store: where its results lie.
        uri: MLflow's address; None where nothing is written there.
    """
    if uri is None:
        return None
    from orchestrator.tracking.experiments import server_of
    from orchestrator.tracking.session import experiment_of

    found = experiment_of(name, store.storage, uri)
    return None if found is None else found_by_key(server_of(uri), found)


def link_to_read(name: str, uri: str) -> RunLink | None:
    """Links of a report that writes nothing to MLflow: only into a database file that is there."""
    file = sqlite_file(uri)
    if file is None or not Path(file).is_file():
        return None
    from orchestrator.tracking.database import DatabaseError
    from orchestrator.tracking.experiments import experiments_in, server_of

    try:
        found = [one.id for one in experiments_in(uri) if one.name == name]
    except DatabaseError:
        return None
    return found_by_key(server_of(uri), found[0]) if found else None
