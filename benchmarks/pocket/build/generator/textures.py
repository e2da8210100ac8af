"""Twelve texture fields, each a random member of its family, with values from 0 to 1."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.pocket.build.generator.canvas import (
    COLUMNS,
    ROWS,
    SIZE,
    UNIT,
    Floats,
    rotated,
    smooth_noise,
)


@dataclass(frozen=True)
class _Grain:
    """The random direction, period and phase that a texture is made with."""

    rng: np.random.Generator
    along: Floats
    across: Floats
    period: float
    phase: Floats
    scale: float


def _steep(wave: Floats) -> Floats:
    return np.clip(0.5 + 2.2 * wave, 0, 1)


def _cell(position: Floats, shift: float, period: float) -> Floats:
    """Distance along one axis from the middle of a repeated cell."""
    cell: Floats = (position + 3 * shift) % period - period / 2
    return cell


def _dotted(g: _Grain) -> Floats:
    period = 1.15 * g.period
    distance = np.hypot(_cell(g.along, g.phase[0], period), _cell(g.across, g.phase[1], period))
    return np.clip(0.3 * period - distance + 0.5, 0, 1)


def _checkered(g: _Grain) -> Floats:
    rate = 1.3 * np.pi / g.period
    return _steep(1.6 * np.sin(rate * g.along + g.phase[0]) * np.sin(rate * g.across + g.phase[1]))


def _zigzag(g: _Grain) -> Floats:
    teeth = np.abs(((g.across + 3 * g.phase[1]) / g.period / 1.3) % 1 - 0.5)
    bent = g.along + 1.6 * g.period * teeth
    return _steep(np.sin(2 * np.pi * bent / (1.1 * g.period) + g.phase[0]))


def _grid(g: _Grain) -> Floats:
    period = 1.1 * g.period
    across = np.abs(_cell(g.across, g.phase[1], period))
    return np.clip(1.3 - np.minimum(np.abs(_cell(g.along, g.phase[0], period)), across), 0, 1)


def _wavy(g: _Grain) -> Floats:
    bent = g.along + 2.2 * np.sin(2 * np.pi * g.across / 12 + g.phase[1])
    wave: Floats = 0.5 + 0.5 * np.sin(2 * np.pi * bent / g.period + g.phase[0])
    return wave


def _distances(g: _Grain) -> Floats:
    """From every pixel to each of a few random points: `(n, SIZE, SIZE)`."""
    count = int(g.rng.integers(8, 15) / g.scale)
    points = g.rng.uniform(-2, SIZE + 2, (count, 2, 1, 1))
    distances: Floats = np.hypot(COLUMNS - points[:, 0], ROWS - points[:, 1])
    return distances


def _cracked(g: _Grain) -> Floats:
    nearest = np.partition(_distances(g), 1, axis=0)
    return np.clip((nearest[1] - nearest[0]) / 2.2, 0, 1)


def _bubbly(g: _Grain) -> Floats:
    distances = _distances(g)
    radii = g.rng.uniform(2, 4, len(distances))[:, None, None] * g.scale
    bubbles: Floats = np.clip(1.2 - np.abs(distances - radii), 0, 1).max(axis=0)
    return bubbles


def _spiral(g: _Grain) -> Floats:
    column, row = g.rng.uniform(10, 22, 2) * UNIT
    dx, dy = COLUMNS - column, ROWS - row
    turn = g.rng.choice([-1, 1]) * np.arctan2(dy, dx)
    return _steep(np.sin(2 * np.pi * np.hypot(dx, dy) / g.period + turn + g.phase[0]))


def _woven(g: _Grain) -> Floats:
    thread = 0.8 * g.period
    over = (np.floor(g.along / thread) + np.floor(g.across / thread)) % 2 == 0
    rate = 3 * np.pi / thread
    return 0.5 + 0.5 * np.where(over, np.sin(rate * g.along), np.sin(rate * g.across))


_FIELDS: dict[str, Callable[[_Grain], Floats]] = {
    "striped": lambda g: _steep(np.sin(2 * np.pi * g.along / g.period + g.phase[0])),
    "dotted": _dotted,
    "checkered": _checkered,
    "zigzag": _zigzag,
    "grid": _grid,
    "wavy": _wavy,
    "grainy": lambda g: np.clip(0.5 + 0.3 * g.rng.normal(size=(SIZE, SIZE)), 0, 1),
    "cracked": _cracked,
    "bubbly": _bubbly,
    "spiral": _spiral,
    "smooth": lambda g: np.clip(0.5 + 0.35 * smooth_noise(g.rng, 2), 0, 1),
    "woven": _woven,
}
TEXTURES = tuple(_FIELDS)
FILLS = ("striped", "dotted", "checkered")
"""The textures that shapes are filled with."""


def texture_field(rng: np.random.Generator, name: str, scale: float = 1.0) -> Floats:
    """A `(SIZE, SIZE)` field of a texture; a larger scale makes it coarser."""
    along, across = rotated(rng.uniform(0, np.pi), 0, 0)
    period = rng.uniform(5.2, 9) * scale * UNIT
    phase = rng.uniform(0, 2 * np.pi, 4)
    return _FIELDS[name](_Grain(rng, along, across, period, phase, scale))
