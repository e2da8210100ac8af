"""Pictures of a texture."""

from dataclasses import dataclass

import numpy as np

from benchmarks.pocket.build.generator.canvas import (
    COLOUR_NAMES,
    Pixels,
    choose,
    choose_style,
    contrasting,
    finish,
    flat,
    paint,
    shade,
    smooth_noise,
)
from benchmarks.pocket.build.generator.facts import Surface
from benchmarks.pocket.build.generator.textures import TEXTURES, texture_field


@dataclass(frozen=True)
class SurfaceWish:
    """What is fixed about a picture; None leaves it to chance.

    Attributes:
        scale: coarseness.
        contrast: between the two colours, from 0 to 1.
    """

    texture: str | None = None
    colours: tuple[str, str] | None = None
    style: str | None = None
    scale: float | None = None
    contrast: float | None = None


def draw_surface(rng: np.random.Generator, wish: SurfaceWish) -> tuple[Pixels, Surface]:
    """A picture that fulfils a wish, and what it shows."""
    style = wish.style or choose_style(rng, sketch=False)
    texture = wish.texture or choose(rng, TEXTURES)
    colour = wish.colours[0] if wish.colours else choose(rng, COLOUR_NAMES)
    other = wish.colours[1] if wish.colours else contrasting(rng, [colour])
    first, second = shade(rng, colour), shade(rng, other)
    field = texture_field(rng, texture, wish.scale or rng.uniform(0.75, 1.35))
    image = paint(flat(first), field * (wish.contrast or rng.uniform(0.5, 1)), second)
    image = image * (1 + 0.12 * smooth_noise(rng, 2))[..., None]
    return finish(rng, image, style), Surface(texture, colour, other, style)
