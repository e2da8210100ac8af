"""Where a machine keeps pixels."""

from pathlib import Path

from benchmarks.local_cache import cache_folder


def pixel_folder() -> Path:
    """The folder of all packs; it need not exist.

    Raises:
        RuntimeError: no variable names a place, and the user has no home.
    """
    return cache_folder() / "pixels"
