"""Digits and letters as strokes on the unit square (x to the right, y down)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.pocket.build.generator.canvas import SIZE, Floats, rotated

Stroke = list[tuple[float, float]]


def _arc(
    centre: tuple[float, float], radii: tuple[float, float], start: float, end: float, points: int
) -> Stroke:
    angles = np.deg2rad(np.linspace(start, end, points))
    return [(centre[0] + radii[0] * np.cos(a), centre[1] + radii[1] * np.sin(a)) for a in angles]


STROKES: dict[str, list[Stroke]] = {
    "0": [_arc((0.5, 0.5), (0.32, 0.45), 0, 360, 14)],
    "1": [[(0.3, 0.25), (0.55, 0.05), (0.55, 0.95)]],
    "2": [[*_arc((0.5, 0.3), (0.3, 0.25), 180, 390, 9), (0.2, 0.95), (0.82, 0.95)]],
    "3": [
        _arc((0.45, 0.28), (0.3, 0.23), 200, 450, 9),
        _arc((0.45, 0.73), (0.33, 0.23), 270, 520, 9),
    ],
    "4": [[(0.65, 0.95), (0.65, 0.05), (0.15, 0.65), (0.88, 0.65)]],
    "5": [
        [
            (0.8, 0.05), (0.28, 0.05), (0.24, 0.45),
            *_arc((0.47, 0.67), (0.32, 0.28), 230, 510, 10),
        ],
    ],
    "6": [[(0.7, 0.06), (0.35, 0.4), *_arc((0.5, 0.68), (0.29, 0.27), 200, 560, 12)]],
    "7": [[(0.15, 0.05), (0.85, 0.05), (0.4, 0.95)]],
    "8": [
        _arc((0.5, 0.28), (0.25, 0.22), 0, 360, 12),
        _arc((0.5, 0.73), (0.31, 0.23), 0, 360, 12),
    ],
    "9": [[*_arc((0.5, 0.32), (0.29, 0.27), 20, 380, 12), (0.68, 0.6), (0.45, 0.95)]],
    "a": [[(0.1, 0.95), (0.5, 0.05), (0.9, 0.95)], [(0.25, 0.62), (0.75, 0.62)]],
    "e": [
        [(0.85, 0.05), (0.18, 0.05), (0.18, 0.95), (0.85, 0.95)],
        [(0.18, 0.5), (0.7, 0.5)],
    ],
    "f": [[(0.85, 0.05), (0.18, 0.05), (0.18, 0.95)], [(0.18, 0.5), (0.7, 0.5)]],
    "h": [
        [(0.15, 0.05), (0.15, 0.95)],
        [(0.85, 0.05), (0.85, 0.95)],
        [(0.15, 0.5), (0.85, 0.5)],
    ],
    "k": [[(0.18, 0.05), (0.18, 0.95)], [(0.82, 0.05), (0.18, 0.55), (0.82, 0.95)]],
    "l": [[(0.2, 0.05), (0.2, 0.95), (0.85, 0.95)]],
    "m": [[(0.08, 0.95), (0.12, 0.05), (0.5, 0.6), (0.88, 0.05), (0.92, 0.95)]],
    "n": [[(0.15, 0.95), (0.15, 0.05), (0.85, 0.95), (0.85, 0.05)]],
    "t": [[(0.08, 0.05), (0.92, 0.05)], [(0.5, 0.05), (0.5, 0.95)]],
    "x": [[(0.1, 0.05), (0.9, 0.95)], [(0.9, 0.05), (0.1, 0.95)]],
    "y": [[(0.1, 0.05), (0.5, 0.5), (0.9, 0.05)], [(0.5, 0.5), (0.5, 0.95)]],
    "z": [[(0.1, 0.05), (0.9, 0.05), (0.1, 0.95), (0.9, 0.95)]],
}  # fmt: skip
DIGITS = tuple(name for name in STROKES if name.isdigit())
LETTERS = tuple(name for name in STROKES if not name.isdigit())


@dataclass(frozen=True)
class Pen:
    """How a glyph is written.

    Attributes:
        height: in pixels.
        width: stroke width in pixels.
        aspect: width of the glyph over its height.
        angle: rotation in radians.
        slant: shear to the right.
    """

    height: float
    width: float
    aspect: float = 0.7
    angle: float = 0.0
    slant: float = 0.0


def glyph_mask(name: str, row: float, column: float, pen: Pen) -> Floats:
    """Coverage `(SIZE, SIZE)` of a glyph's strokes, from 0 to 1."""
    along, across = rotated(pen.angle, row, column)
    along = along + pen.slant * across
    nearest = np.full((SIZE, SIZE), np.inf)
    scale = np.array([pen.height * pen.aspect, pen.height])
    for stroke in STROKES[name]:
        points = (np.array(stroke) - 0.5) * scale
        for start, end in pairwise(points):
            nearest = np.minimum(nearest, _squared_distance(along, across, start, end))
    return np.clip(0.5 - (np.sqrt(nearest) - pen.width / 2), 0, 1)


def _squared_distance(x: Floats, y: Floats, start: Floats, end: Floats) -> Floats:
    """From every pixel to a segment."""
    step = end - start
    share = ((x - start[0]) * step[0] + (y - start[1]) * step[1]) / (step @ step + 1e-9)
    share = np.clip(share, 0, 1)
    distance: Floats = (x - start[0] - share * step[0]) ** 2 + (y - start[1] - share * step[1]) ** 2
    return distance
