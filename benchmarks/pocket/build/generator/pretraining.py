"""The captioned pictures that the pocket model is trained on."""

import numpy as np

from benchmarks.pocket.build.generator.canvas import Pixels
from benchmarks.pocket.build.generator.captions import caption
from benchmarks.pocket.build.generator.facts import Facts
from benchmarks.pocket.build.generator.landscapes import draw_landscape
from benchmarks.pocket.build.generator.surfaces import SurfaceWish, draw_surface
from benchmarks.pocket.build.generator.things import ThingsWish, draw_things
from benchmarks.pocket.build.generator.writing import WritingWish, draw_writing

CAPTIONS = 6
"""Captions drawn for each picture."""


def captioned_picture(seed: int, index: int) -> tuple[Pixels, list[str]]:
    """Picture number `index` of the endless set of a seed, with its captions.

    Each picture has a generator of its own, so any part of the set can be drawn alone.
    """
    rng = np.random.default_rng([seed, index])
    pixels, facts = _picture(rng)
    return pixels, [caption(rng, facts) for _ in range(CAPTIONS)]


def _picture(rng: np.random.Generator) -> tuple[Pixels, Facts]:
    kind = rng.random()
    if kind < 0.38:
        return draw_things(rng, ThingsWish())
    if kind < 0.56:
        return draw_things(rng, ThingsWish(count=int(rng.integers(1, 9))))
    if kind < 0.76:
        return draw_writing(rng, WritingWish())
    if kind < 0.89:
        return draw_surface(rng, SurfaceWish())
    return draw_landscape(rng)
