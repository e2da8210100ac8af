"""Names lists of pixels by all that they depend on, on this machine.

A pack stays on the machine that made it, so it may be named by what says nothing elsewhere: the
place of the data, and the times at which files were changed.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import PIL
from PIL import features

from benchmarks.datasets.interface import Dataset, Item
from benchmarks.preprocessing import Preprocessing

_VERSION = 1
"""Increased when the same files are decoded or squared to other pixels."""


def decoded_digest(dataset: Dataset, items: Sequence[Item]) -> str:
    """Names the images of a list as they are decoded, in full size."""
    return _digest(_contents(dataset, items))


def squared_digest(dataset: Dataset, items: Sequence[Item], preprocessing: Preprocessing) -> str:
    """Names the images of a list as the test transform makes them, before it normalises them."""
    how = preprocessing
    square = [how.size, how.interpolation, how.resize_mode, list(how.fill_color)]
    return _digest([*_contents(dataset, items), square])


def _contents(dataset: Dataset, items: Sequence[Item]) -> list[Any]:
    """All that decoded pixels depend on: which files, and what decodes them.

    Dataset and image are named and stamped, as a stamp changes whenever the image may have.
    """
    card, stamps = dataset.card.name, dataset.stamps(items)
    decoders = [_VERSION, PIL.__version__, features.version("jpg"), features.version("webp")]
    rows = [[item.reference, stamp] for item, stamp in zip(items, stamps, strict=True)]
    return [decoders, card, dataset.place(), dataset.revision(), dataset.upright, rows]


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
