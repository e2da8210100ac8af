"""What people call the three splits."""

from benchmarks.datasets.interface import SPLITS, Split

_NAMES: dict[Split, tuple[str, ...]] = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SPLITS: dict[str, Split] = {name: split for split in SPLITS for name in _NAMES[split]}

SPLIT_NAMES = tuple(_SPLITS)

CALLED = ", ".join(SPLIT_NAMES)
"""The names, for messages."""


def split_called(name: str) -> Split | None:
    """The split of a name, in whatever case; None if it is no split's."""
    return _SPLITS.get(name.strip().casefold())
