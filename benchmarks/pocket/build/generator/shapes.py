"""Twelve filled shapes as anti-aliased implicit functions, negative inside."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.pocket.build.generator.canvas import Floats, rotated


@dataclass(frozen=True)
class Placement:
    """Where a shape lies.

    Attributes:
        row: centre, in pixels from the top.
        column: centre, in pixels from the left.
        radius: half its extent, in pixels.
        angle: rotation in radians.
    """

    row: float
    column: float
    radius: float
    angle: float = 0.0


def _star(u: Floats, v: Floats) -> Floats:
    fifth = np.pi / 5
    turn = np.abs((np.arctan2(v, u) + np.pi / 2) % (2 * fifth) - fifth)
    return 0.7 * (np.hypot(u, v) - (0.42 + 0.62 * (turn / fifth) ** 1.4))


def _cross(u: Floats, v: Floats) -> Floats:
    upright = np.maximum(np.abs(u) - 0.28, np.abs(v) - 0.95)
    level = np.maximum(np.abs(v) - 0.28, np.abs(u) - 0.95)
    return np.minimum(upright, level)


def _heart(u: Floats, v: Floats) -> Floats:
    lobes = np.hypot(np.abs(u) - 0.43, v + 0.3) - 0.48
    point = np.maximum(0.72 * np.abs(u) + 0.69 * v - 0.62, -v - 0.3)
    return np.minimum(lobes, point)


def _hexagon(u: Floats, v: Floats) -> Floats:
    angles = np.arange(3) * np.pi / 3
    sides = np.abs(np.cos(angles)[:, None, None] * u + np.sin(angles)[:, None, None] * v)
    sides_max: Floats = sides.max(axis=0)
    return sides_max - 0.84


def _arrow(u: Floats, v: Floats) -> Floats:
    shaft = np.maximum(np.abs(v) - 0.2, np.maximum(-u - 0.95, u - 0.2))
    head = np.maximum(0.75 * np.abs(v) + 0.66 * u - 0.62, 0.02 - u)
    return np.minimum(shaft, head)


_IMPLICIT: dict[str, Callable[[Floats, Floats], Floats]] = {
    "circle": lambda u, v: np.hypot(u, v) - 0.92,
    "square": lambda u, v: np.maximum(np.abs(u), np.abs(v)) - 0.8,
    "triangle": lambda u, v: np.maximum(v - 0.62, 0.87 * np.abs(u) - 0.5 * v - 0.5),
    "star": _star,
    "cross": _cross,
    "diamond": lambda u, v: 0.6 * (1.45 * np.abs(u) + np.abs(v) - 1.05),
    "heart": _heart,
    "ring": lambda u, v: np.abs(np.hypot(u, v) - 0.7) - 0.24,
    "hexagon": _hexagon,
    "moon": lambda u, v: np.maximum(np.hypot(u, v) - 0.92, 0.78 - np.hypot(u - 0.42, v)),
    "arrow": _arrow,
    "flower": lambda u, v: 0.7 * (np.hypot(u, v) - (0.66 + 0.28 * np.cos(6 * np.arctan2(v, u)))),
}
SHAPES = tuple(_IMPLICIT)


def shape_mask(name: str, place: Placement, outline: float = 0.0) -> Floats:
    """Coverage `(SIZE, SIZE)` of a shape, from 0 to 1.

    Args:
        name: one of `SHAPES`.
        place: where it lies.
        outline: half the width of its outline in pixels; 0 fills it.
    """
    along, across = rotated(place.angle, place.row, place.column)
    value = _IMPLICIT[name](along / place.radius, across / place.radius)
    if outline > 0:
        value = np.abs(value) - outline / place.radius
    return np.clip(0.5 - value * place.radius, 0, 1)
