"""What lies behind the things in a picture."""

import numpy as np

from benchmarks.pocket.build.generator.canvas import (
    COLOUR_NAMES,
    COLUMNS,
    ROWS,
    SIZE,
    Floats,
    choose,
    flat,
    paint,
    shade,
    smooth_noise,
)
from benchmarks.pocket.build.generator.textures import texture_field

BACKGROUNDS = ("plain", "gradient", "noise", "clutter", "texture")
_SHARES = (0.4, 0.3, 0.1, 0.1, 0.1)
_QUIET = ("striped", "dotted", "grid", "wavy", "grainy", "smooth")


def choose_background(rng: np.random.Generator) -> str:
    """A kind of background; simple ones more often."""
    return str(rng.choice(BACKGROUNDS, p=_SHARES))


def background(rng: np.random.Generator, kind: str, colours: tuple[str, str]) -> Floats:
    """A background `(SIZE, SIZE, 3)` of a kind in one or two colours."""
    first = shade(rng, colours[0])
    if kind == "plain":
        return flat(first)
    if kind == "clutter":
        return _clutter(rng, flat(first))
    second = shade(rng, colours[1])
    if kind == "gradient":
        angle = rng.uniform(0, 2 * np.pi)
        ramp = np.cos(angle) * (COLUMNS / SIZE - 0.5) + np.sin(angle) * (ROWS / SIZE - 0.5)
        return paint(flat(first), np.clip(ramp + 0.5, 0, 1), second)
    if kind == "noise":
        clouds = np.clip(0.5 + 0.4 * smooth_noise(rng, int(rng.integers(3, 7))), 0, 1)
        return paint(flat(first), 0.8 * clouds, second)
    return paint(flat(first), 0.45 * texture_field(rng, choose(rng, _QUIET)), second)


def _clutter(rng: np.random.Generator, image: Floats) -> Floats:
    """Short coloured lines here and there."""
    for _ in range(int(rng.integers(3, 7))):
        row, column = rng.uniform(0, SIZE, 2)
        angle, half_length = rng.uniform(0, np.pi), rng.uniform(2, 6)
        dx, dy = COLUMNS - column, ROWS - row
        along = np.clip(dx * np.cos(angle) + dy * np.sin(angle), -half_length, half_length)
        distance = np.hypot(dx - along * np.cos(angle), dy - along * np.sin(angle))
        mask = 0.8 * np.clip(rng.uniform(0.8, 1.6) - distance, 0, 1)
        image = paint(image, mask, shade(rng, choose(rng, COLOUR_NAMES)))
    return image
