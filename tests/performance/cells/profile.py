"""What costs most in a cell, by function."""

from __future__ import annotations

import cProfile
import io
import pstats
from collections.abc import Callable

_MOST = 15


def top_costs(work: Callable[[], object]) -> str:
    """The functions of the calling thread that take most seconds themselves, and how many."""
    profile = cProfile.Profile()
    profile.runcall(work)
    text = io.StringIO()
    pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(_MOST)
    return text.getvalue().strip()
