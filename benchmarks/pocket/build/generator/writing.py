"""Pictures of one digit or letter."""

from dataclasses import dataclass

import numpy as np

from benchmarks.pocket.build.generator.backgrounds import background, choose_background
from benchmarks.pocket.build.generator.canvas import (
    COLOUR_NAMES,
    SIZE,
    UNIT,
    Pixels,
    choose,
    choose_style,
    contrasting,
    finish,
    paint,
    shade,
)
from benchmarks.pocket.build.generator.facts import Writing
from benchmarks.pocket.build.generator.glyphs import DIGITS, LETTERS, Pen, glyph_mask


@dataclass(frozen=True)
class WritingWish:
    """What is fixed about a picture; None leaves it to chance.

    Attributes:
        height: of the glyph, in pixels of a 32-pixel canvas.
    """

    glyph: str | None = None
    colour: str | None = None
    background: str | None = None
    background_colour: str | None = None
    style: str | None = None
    height: float | None = None


def draw_writing(rng: np.random.Generator, wish: WritingWish) -> tuple[Pixels, Writing]:
    """A picture that fulfils a wish, and what it shows."""
    style = wish.style or choose_style(rng)
    digit = rng.random() < 0.75
    glyph = wish.glyph or choose(rng, DIGITS if digit else LETTERS)
    kind = wish.background or choose_background(rng)
    first = wish.background_colour or choose(rng, COLOUR_NAMES)
    second = wish.background_colour or choose(rng, COLOUR_NAMES)
    colour = wish.colour
    if style == "sketch":
        kind, first, second, colour = "plain", "white", "white", "black"
    if colour is None:
        behind = [first] if kind == "plain" else [first, second]
        colour = contrasting(rng, behind, distance=150)
    image = background(rng, kind, (first, second))
    ink = shade(rng, colour)
    pen = Pen(
        height=(wish.height or rng.uniform(17, 27)) * UNIT,
        width=rng.uniform(1.6, 3.2),
        aspect=rng.uniform(0.6, 0.85),
        angle=rng.uniform(-0.25, 0.25),
        slant=rng.uniform(-0.25, 0.25),
    )
    room = max(0.0, SIZE / 2 - pen.height / 2)
    row, column = SIZE / 2 + room * rng.uniform(-0.7, 0.7, 2)
    image = paint(image, glyph_mask(glyph, row, column, pen), ink)
    return finish(rng, image, style), Writing(glyph, colour, first, style)
