"""Pictures of shapes: one or several, filled or outlined, anywhere."""

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
from benchmarks.pocket.build.generator.facts import POSITIONS, SIZES, Things
from benchmarks.pocket.build.generator.shapes import SHAPES, Placement, shape_mask
from benchmarks.pocket.build.generator.textures import FILLS, texture_field

_RADII = {"small": 7.0, "big": 9.8, "huge": 12.8}
_TOWARDS = {"left": (0, -1), "right": (0, 1), "top": (-1, 0), "bottom": (1, 0), "middle": (0, 0)}
_INK = np.array([30.0, 30.0, 30.0])


@dataclass(frozen=True)
class ThingsWish:
    """What is fixed about a picture; None leaves it to chance.

    Attributes:
        rotation: mean size of the rotation in radians, to either side.
    """

    shape: str | None = None
    colour: str | None = None
    fill: str | None = None
    count: int = 1
    size: str | None = None
    position: str | None = None
    background: str | None = None
    background_colour: str | None = None
    style: str | None = None
    rotation: float | None = None


def draw_things(rng: np.random.Generator, wish: ThingsWish) -> tuple[Pixels, Things]:
    """A picture that fulfils a wish, and what it shows."""
    facts, second = _decide(rng, wish)
    image = background(rng, facts.background, (facts.background_colour, second))
    sketch = facts.style == "sketch"
    colour = _INK if sketch and facts.colour == "black" else shade(rng, facts.colour)
    other = shade(rng, contrasting(rng, [facts.colour]))
    fill = None if sketch or facts.fill == "plain" else texture_field(rng, facts.fill, 0.7)
    for place in _places(rng, facts, wish.rotation):
        mask = shape_mask(facts.shape, place, outline=1.1 if sketch else 0.0)
        if fill is None:
            image = paint(image, mask, colour)
        else:
            pattern = colour + 0.9 * fill[..., None] * (other - colour)
            image = image + mask[..., None] * (pattern - image)
    return finish(rng, image, facts.style), facts


def _decide(rng: np.random.Generator, wish: ThingsWish) -> tuple[Things, str]:
    """All that can be said of the picture, and the background's second colour."""
    style = wish.style or choose_style(rng)
    kind = wish.background or choose_background(rng)
    colour = wish.colour
    first = wish.background_colour or _behind(rng, colour)
    second = wish.background_colour or _behind(rng, colour)
    if style == "sketch":
        kind, first, second, colour = "plain", "white", "white", colour or "black"
    if colour is None:
        colour = contrasting(rng, [first] if kind == "plain" else [first, second])
    middle = rng.random() < 0.5
    plain = rng.random() < 0.65
    facts = Things(
        shape=wish.shape or choose(rng, SHAPES),
        colour=colour,
        fill=wish.fill or ("plain" if plain else choose(rng, FILLS)),
        count=wish.count,
        size=wish.size or choose(rng, SIZES),
        position=wish.position or ("middle" if middle else choose(rng, POSITIONS)),
        background=kind,
        background_colour=first,
        style=style,
    )
    return facts, second


def _behind(rng: np.random.Generator, colour: str | None) -> str:
    return choose(rng, COLOUR_NAMES) if colour is None else contrasting(rng, [colour])


def _places(rng: np.random.Generator, facts: Things, rotation: float | None) -> list[Placement]:
    """Where each of the shapes lies."""
    if rotation is None:
        angle = rng.uniform(-0.35, 0.35)
    else:
        angle = rotation * rng.choice([-1, 1]) + rng.uniform(-0.2, 0.2)
    if facts.count == 1:
        return [_single(rng, facts, angle)]
    radius, centres = _scatter(rng, facts.count)
    return [
        Placement(row, column, radius, angle + rng.uniform(-0.2, 0.2)) for row, column in centres
    ]


def _single(rng: np.random.Generator, facts: Things, angle: float) -> Placement:
    radius = _RADII[facts.size] * UNIT * rng.uniform(0.92, 1.1)
    room = max(0.0, SIZE / 2 - 0.85 * radius)
    down, right = _TOWARDS[facts.position]
    row = SIZE / 2 + room * (0.8 * down + rng.uniform(-0.15, 0.15))
    column = SIZE / 2 + room * (0.8 * right + rng.uniform(-0.15, 0.15))
    return Placement(row, column, radius, angle)


def _scatter(rng: np.random.Generator, count: int) -> tuple[float, list[tuple[float, float]]]:
    """Centres that don't overlap; the shapes shrink until they fit."""
    radius = min(4.6, 12.5 / np.sqrt(count)) * UNIT * rng.uniform(0.8, 1.05)
    centres: list[tuple[float, float]] = []
    tries = 0
    while len(centres) < count:
        row, column = rng.uniform(radius + 0.5, SIZE - radius - 0.5, 2)
        apart = 1.96 * radius
        if all(np.hypot(row - r, column - c) > apart for r, c in centres):
            centres.append((row, column))
        tries += 1
        if tries > 60:
            tries, centres, radius = 0, [], radius * 0.93
    return radius, centres
