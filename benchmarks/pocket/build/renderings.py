"""How each generated dataset is drawn: one homogeneous style a set, shifted from pretraining.

Cluttered mixtures don't work as benchmarks here: the small vision tower is the limit there, and no
prompt can help.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.pocket.build.generator.canvas import Pixels, choose
from benchmarks.pocket.build.generator.glyphs import LETTERS
from benchmarks.pocket.build.generator.shapes import SHAPES
from benchmarks.pocket.build.generator.surfaces import SurfaceWish, draw_surface
from benchmarks.pocket.build.generator.textures import TEXTURES
from benchmarks.pocket.build.generator.things import ThingsWish, draw_things
from benchmarks.pocket.build.generator.writing import WritingWish, draw_writing
from benchmarks.pocket.numerals import NUMERALS


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
    """Coarse, black and white."""
    wish = SurfaceWish(
        TEXTURES[label], colours=("black", _WHITE), style="monochrome", scale=1.6, contrast=0.9
    )
    return draw_surface(rng, wish)[0]


def _dots(rng: np.random.Generator, label: int) -> Pixels:
    """One to eight blurred black discs on white."""
    wish = replace(_SILHOUETTE, shape="circle", count=label + 1, position=None, style="blurred")
    return draw_things(rng, wish)[0]


def _letter(rng: np.random.Generator, label: int) -> Pixels:
    """A small blurred black letter on white."""
    wish = WritingWish(
        LETTERS[label],
        colour="black",
        background="plain",
        background_colour=_WHITE,
        style="blurred",
        height=16,
    )
    return draw_writing(rng, wish)[0]


def _silhouette(rng: np.random.Generator, label: int) -> Pixels:
    """A small black shape on white."""
    return draw_things(rng, replace(_SILHOUETTE, shape=SHAPES[label], size="small"))[0]


def _outline(rng: np.random.Generator, label: int) -> Pixels:
    """The outline of a turned shape."""
    wish = ThingsWish(
        SHAPES[label], style="sketch", size=choose(rng, ("big", "huge")), rotation=0.4
    )
    return draw_things(rng, wish)[0]


def _negative(rng: np.random.Generator, label: int) -> Pixels:
    """A striped shape on black."""
    wish = replace(
        _SILHOUETTE,
        shape=SHAPES[label],
        style="inverted",
        fill="striped",
        size=choose(rng, ("big", "huge")),
        rotation=0.3,
    )
    return draw_things(rng, wish)[0]


RENDERINGS: Mapping[str, Rendering] = {
    "textures": Rendering(TEXTURES, _texture),
    "dots": Rendering(NUMERALS[1:9], _dots),
    "letters": Rendering(LETTERS, _letter),
    "silhouettes": Rendering(SHAPES, _silhouette),
    "outlines": Rendering(SHAPES, _outline),
    "negatives": Rendering(SHAPES, _negative),
}
