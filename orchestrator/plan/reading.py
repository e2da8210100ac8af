"""Tells people that images are about to be read, where there are so many that it is felt."""

from collections.abc import Callable

from benchmarks.datasets.identity.file_hashes import Announce

MANY, LARGE = 2_000, 200 * 10**6
"""Files and bytes that take about a second to read."""


def told_of_reading(dataset: str, say: Callable[[str], None]) -> Announce:
    """What a dataset of this name may announce its reading to; `say` is told if it takes long."""

    def announce(files: int, size: int) -> None:
        if files >= MANY or size >= LARGE:
            say(
                f"{dataset}: reading {files:,} images ({size / 1e6:,.0f} MB) to know them by their "
                f"contents; those that don't change are not read again"
            )

    return announce
