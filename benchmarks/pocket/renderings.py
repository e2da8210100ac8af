"""How each generated dataset is drawn: one homogeneous style a set, shifted from pretraining.

Cluttered mixtures don't work as benchmarks here: the small vision tower is the limit there, and no
prompt can help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from benchmarks.pocket.generator.canvas import Pixels, choose, contrasting
from benchmarks.pocket.generator.facts import NUMBERS
from benchmarks.pocket.generator.glyphs import LETTERS
from benchmarks.pocket.generator.shapes import SHAPES
from benchmarks.pocket.generator.surfaces import SurfaceWish, draw_surface
from benchmarks.pocket.generator.textures import TEXTURES
from benchmarks.pocket.generator.things import ThingsWish, draw_things
from benchmarks.pocket.generator.writing import WritingWish, draw_writing


@dataclass(frozen=True)
class Rendering:
    """Classes, and how an image of a class is drawn.

    Attributes:
        class_names: names by label.
        draw: an image of a label, from a random generator.
    """

    class_names: tuple[str, ...]
    draw: Callable[[np.random.Generator, int], Pixels]


_WHITE = "white"
_SILHOUETTE = ThingsWish(
    style="plain",
    background="plain",
    colour="black",
    background_colour=_WHITE,
    fill="plain",
    position="middle",
)


def _texture(rng: np.random.Generator, label: int) -> Pixels:
    wish = SurfaceWish(
        TEXTURES[label], colours=("black", _WHITE), style="monochrome", scale=1.1, contrast=0.9
    )
    return draw_surface(rng, wish)[0]


def _dots(rng: np.random.Generator, label: int) -> Pixels:
    wish = replace(_SILHOUETTE, shape="circle", count=label + 1, position=None)
    return draw_things(rng, wish)[0]


def _sign(rng: np.random.Generator, label: int) -> Pixels:
    wish = WritingWish(
        str(label),
        colour=_WHITE,
        style="plain",
        background="plain",
        background_colour=contrasting(rng, (_WHITE,), distance=150),
        height=rng.uniform(22, 27),
        width=2.6,
    )
    return draw_writing(rng, wish)[0]


def _ink(rng: np.random.Generator, label: int) -> Pixels:
    wish = WritingWish(LETTERS[label], style="sketch", height=rng.uniform(22, 27))
    return draw_writing(rng, wish)[0]


def _silhouette(rng: np.random.Generator, label: int) -> Pixels:
    wish = replace(_SILHOUETTE, shape=SHAPES[label], size=choose(rng, ("big", "huge")))
    return draw_things(rng, wish)[0]


def _outline(rng: np.random.Generator, label: int) -> Pixels:
    wish = ThingsWish(
        SHAPES[label], style="sketch", size=choose(rng, ("big", "huge")), rotation=0.4
    )
    return draw_things(rng, wish)[0]


def _negative(rng: np.random.Generator, label: int) -> Pixels:
    wish = replace(
        _SILHOUETTE,
        shape=SHAPES[label],
        style="inverted",
        fill="striped",
        size=choose(rng, ("big", "huge")),
        rotation=0.3,
    )
    return draw_things(rng, wish)[0]


def _blue_dots(rng: np.random.Generator, label: int) -> Pixels:
    wish = replace(
        _SILHOUETTE,
        shape=SHAPES[label],
        style="blurred",
        colour=choose(rng, ("blue", "cyan")),
        background_colour="yellow",
        fill="dotted",
        size="huge",
    )
    return draw_things(rng, wish)[0]


RENDERINGS: Mapping[str, Rendering] = MappingProxyType(
    {
        "textures": Rendering(TEXTURES, _texture),
        "dots": Rendering(NUMBERS[1:9], _dots),
        "signs": Rendering(NUMBERS, _sign),
        "letters": Rendering(LETTERS, _ink),
        "silhouettes": Rendering(SHAPES, _silhouette),
        "outlines": Rendering(SHAPES, _outline),
        "negatives": Rendering(SHAPES, _negative),
        "bluedots": Rendering(SHAPES, _blue_dots),
    }
)
