"""Ten kinds of places seen from above."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.pocket.build.generator.canvas import (
    COLUMNS,
    ROWS,
    UNIT,
    Floats,
    Pixels,
    choose,
    choose_style,
    finish,
    flat,
    paint,
    rotated,
    smooth_noise,
    varied,
)
from benchmarks.pocket.build.generator.facts import Landscape

Rgb = tuple[int, int, int]
_GROUNDS: tuple[Rgb, ...] = ((95, 130, 60), (150, 140, 90), (120, 110, 80), (80, 115, 70))
_CROPS: tuple[Rgb, ...] = ((120, 160, 60), (190, 175, 90), (90, 120, 50), (160, 130, 80))
_ROOFS: tuple[Rgb, ...] = ((185, 90, 75), (170, 170, 175), (210, 200, 190), (110, 105, 105))
_WATER: Rgb = (40, 85, 150)
_SAND: Rgb = (230, 210, 160)


@dataclass(frozen=True)
class _Site:
    """The ground to build on, and directions along and across it."""

    rng: np.random.Generator
    ground: Floats
    along: Floats
    across: Floats

    def colour(self, rgb: Rgb) -> Floats:
        return varied(self.rng, rgb, 22)

    def palette(self, options: tuple[Rgb, ...]) -> Floats:
        return np.stack([self.colour(choose(self.rng, options)) for _ in range(16)])

    def blob(self) -> Floats:
        """Distance from a random centre, with a ragged edge."""
        column, row = self.rng.uniform(12, 20, 2)
        ragged = 2.4 * smooth_noise(self.rng, 4)
        return np.hypot(COLUMNS / UNIT - column, ROWS / UNIT - row) + ragged

    def plots(self, size: float) -> NDArray[np.int64]:
        """Index from 0 to 15 of the plot that each pixel belongs to."""
        i = np.floor((self.along + 40) / size).astype(int)
        j = np.floor((self.across + 40) / size).astype(int)
        return (3 * i + 5 * j) % 16


def _band(value: Floats) -> Floats:
    return np.clip(value, 0, 1)


def _forest(s: _Site) -> Floats:
    crowns = smooth_noise(s.rng, 14) * 22
    return flat(s.colour((30, 70, 35))) + crowns[..., None] * np.array([0.6, 1, 0.6])


def _river(s: _Site) -> Floats:
    bends = 4 * np.sin(s.across / s.rng.uniform(4, 7) + s.rng.uniform(0, 6))
    course = np.abs(s.along + bends + s.rng.uniform(-4, 4))
    return paint(s.ground, _band(s.rng.uniform(1.8, 3.2) - course), s.colour(_WATER))


def _highway(s: _Site) -> Floats:
    course = np.abs(s.along + s.rng.uniform(-6, 6) + s.across * s.rng.uniform(-0.2, 0.2))
    image = paint(s.ground, _band(2.6 - course), s.colour((125, 125, 130)))
    return paint(image, _band(0.6 - course), np.array([235.0, 235, 220]))


def _field(s: _Site) -> Floats:
    furrows = 10 * np.sin(2.2 * s.along)
    image: Floats = s.palette(_CROPS)[s.plots(s.rng.uniform(8, 13))] + furrows[..., None]
    return image


def _city(s: _Site) -> Floats:
    block = s.rng.uniform(5, 7.5)
    street = ((s.along + 40) % block < 1.4) | ((s.across + 40) % block < 1.4)
    houses = s.palette(_ROOFS)[s.plots(block)]
    return np.where(street[..., None], s.colour((95, 95, 98)), houses)


def _desert(s: _Site) -> Floats:
    dunes = 12 * np.sin(1.1 * (s.along + 2 * np.sin(s.across / 5)))
    return flat(s.colour((215, 180, 115))) + (dunes + 8 * smooth_noise(s.rng, 3))[..., None]


def _beach(s: _Site) -> Floats:
    waves = 1.6 * np.sin(s.across / 4 + s.rng.uniform(0, 6))
    inland = (s.along + waves + s.rng.uniform(-3, 3))[..., None]
    shore = np.where(inland < 4, s.colour(_SAND), s.ground)
    return np.where(inland < 0, s.colour(_WATER), shore)


def _island(s: _Site) -> Floats:
    sea = flat(s.colour(_WATER)) + (6 * smooth_noise(s.rng, 5))[..., None]
    distance, radius = s.blob(), s.rng.uniform(5, 9)
    image = paint(sea, _band(radius + 1.6 - distance), s.colour(_SAND))
    return paint(image, _band(radius - distance), s.ground)


def _mountain(s: _Site) -> Floats:
    rock = flat(s.colour((120, 105, 95))) + (34 * smooth_noise(s.rng, 6))[..., None]
    snow = _band(1.4 * smooth_noise(s.rng, 3) + 0.1)
    return paint(rock, snow, s.colour((245, 245, 250)))


_PAINTERS: dict[str, Callable[[_Site], Floats]] = {
    "forest": _forest,
    "river": _river,
    "lake": lambda s: paint(s.ground, _band(s.rng.uniform(6, 11) - s.blob()), s.colour(_WATER)),
    "highway": _highway,
    "field": _field,
    "city": _city,
    "desert": _desert,
    "beach": _beach,
    "island": _island,
    "mountain": _mountain,
}
PLACES = tuple(_PAINTERS)


def draw_landscape(rng: np.random.Generator, place: str | None = None) -> tuple[Pixels, Landscape]:
    """A picture of a place, and what it shows."""
    style = choose_style(rng, sketch=False)
    name = place or choose(rng, PLACES)
    ground = varied(rng, choose(rng, _GROUNDS), 22)
    along, across = rotated(rng.uniform(0, np.pi))
    site = _Site(
        rng,
        flat(ground) + (14 * smooth_noise(rng, 5))[..., None],
        along / UNIT,
        across / UNIT,
    )
    return finish(rng, _PAINTERS[name](site), style), Landscape(name, style)
