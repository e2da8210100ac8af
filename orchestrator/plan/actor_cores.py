"""How many CPU cores an actor on a GPU gets, where nobody says."""

from __future__ import annotations

import os

MOST_CORES = 16
"""Cores that an actor on a GPU gets unasked; images are hardly made faster by more."""


def cores_here(gpus: int) -> int:
    """Cores of an actor, if this machine's are shared like its GPUs; one where it has none."""
    return max(1, min(MOST_CORES, (os.cpu_count() or 1) // gpus)) if gpus else 1
