"""Names lists of pixels by all that they depend on, on this machine.

A pack stays on the machine that made it, so it may be named by what says nothing elsewhere: the
place of the data, and the times at which files were changed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import PIL
from PIL import features

from benchmarks import narrow_images, square_images
from benchmarks.datasets import decoding, greys
from benchmarks.datasets.identity.file_hashes import is_lasting
from benchmarks.datasets.interface import Dataset, Item
from benchmarks.preprocessing import Preprocessing

_VERSION = 1
"""Increased when images are decoded or squared to other pixels, and `_CODE` doesn't tell."""

_CODE = (decoding, greys, square_images, narrow_images)
"""What makes pixels of files. Any change of it is taken for one of the pixels."""

_LIBRARIES = (
    "jpg", "libjpeg_turbo", "jpg_2000", "libtiff", "webp", "avif", "zlib", "zlib_ng", "littlecms2",
)  # fmt: skip
"""Those that decode for Pillow. It may have been built with others of the same version."""


def decoded_digest(dataset: Dataset, items: Sequence[Item]) -> str:
    """Names the images of a list as they are decoded, in full size.

    A list that has an image without a lasting stamp gets another name each time: its file is
    missing, or was changed so lately that it could change again and keep its stamp.
    """
    return _digest(_contents(dataset, items))


def squared_digest(dataset: Dataset, items: Sequence[Item], preprocessing: Preprocessing) -> str:
    """Names the images of a list as the test transform makes them, before it normalises them.

    As `decoded_digest` else.
    """
    how = preprocessing
    square = [how.size, how.interpolation, how.resize_mode, list(how.fill_color)]
    return _digest([*_contents(dataset, items), square])


def _contents(dataset: Dataset, items: Sequence[Item]) -> list[Any]:
    """All that decoded pixels depend on: which files, and what decodes them.

    Dataset and image are named and stamped, as a stamp changes whenever the image may have.
    """
    now = time.time_ns()
    card, stamps = dataset.card.name, dataset.stamps(items)
    rows = [[item.reference, stamp] for item, stamp in zip(items, stamps, strict=True)]
    once = None if all(is_lasting(stamp, now) for stamp in stamps) else uuid4().hex
    where = [card, dataset.place(), dataset.revision(), dataset.upright]
    return [_decoders(), *where, rows, once]


@cache
def _decoders() -> list[Any]:
    """The code and the libraries by which files become pixels."""
    code = hashlib.sha256()
    for module in _CODE:
        code.update(Path(str(module.__file__)).read_bytes())
    versions = [features.version(name) for name in _LIBRARIES]
    return [_VERSION, code.hexdigest(), PIL.__version__, versions]


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
