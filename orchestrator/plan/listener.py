"""Who hears what happens while a spec is planned."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Listener:
    """What is told while a spec is planned, and to whom.

    Attributes:
        say: told that reading very many images will take a while.
        without: told the name of each dataset that is missing or can't be planned, and why; the
            plan then lacks its cells, and its budgets are not checked, as it is only read. None
            plans a missing dataset's cells as skipped, and refuses what can't be planned.
    """

    say: Callable[[str], None] = lambda _: None
    without: Callable[[str, str], None] | None = None


NOBODY = Listener()
