"""What people call the three splits."""

import re

from benchmarks.datasets.interface import SPLITS, Split

_NAMES: dict[Split, tuple[str, ...]] = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SPLITS: dict[str, Split] = {name: split for split in SPLITS for name in _NAMES[split]}

_SET = re.compile(r"[\s_-]*(set|split)$")

SPLIT_NAMES = tuple(_SPLITS)

CALLED = ", ".join(SPLIT_NAMES)
"""The names, for messages."""


def split_called(name: str) -> Split | None:
    """The split of a name, in whatever case, also of `test_set`; None if it is no split's."""
    return _SPLITS.get(_SET.sub("", name.strip().casefold()))
