"""What `datasets verify` found, which this machine remembers while files stay as they are."""

import sqlite3
from collections.abc import Sequence

from benchmarks.datasets.identity.contents import state_digest
from benchmarks.datasets.interface import Dataset
from benchmarks.local_cache import in_cache


def remember_verified(dataset: Dataset, state: str, full_digest: str) -> None:
    """Remembers the full digest of a dataset that had the `state_digest` `state`."""
    row = (dataset.place(), state, full_digest)

    def insert(cache: sqlite3.Connection) -> None:
        cache.execute("INSERT OR REPLACE INTO verified VALUES (?, ?, ?)", row)

    in_cache(insert)


def verified_digest(dataset: Dataset) -> str:
    """The full digest that a dataset had when it was verified; "" if never, or if files changed.

    Files are looked at only where something was verified at this place before.

    Raises:
        DatasetError: the dataset can't be read.
    """

    def select(cache: sqlite3.Connection) -> Sequence[tuple[str, str]]:
        question = "SELECT state, full_digest FROM verified WHERE place = ?"
        return cache.execute(question, (dataset.place(),)).fetchall()

    known = dict(in_cache(select) or ())
    return known.get(state_digest(dataset), "") if known else ""
