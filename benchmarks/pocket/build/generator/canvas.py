"""The pixel grid, colours, smooth noise, and what is done to a finished picture."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

SIZE = 24
"""Height and width of an image, in pixels."""

UNIT = SIZE / 32
"""Sizes below are thought of on a 32-pixel canvas and scaled by this."""

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Choice = TypeVar("Choice")

ROWS, COLUMNS = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5, indexing="ij")
"""Pixel centres."""

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (215, 35, 35),
    "orange": (240, 140, 30),
    "yellow": (240, 225, 50),
    "green": (45, 165, 60),
    "cyan": (60, 210, 215),
    "blue": (40, 70, 215),
    "purple": (130, 50, 175),
    "pink": (245, 140, 190),
    "brown": (125, 75, 40),
    "black": (18, 18, 18),
    "white": (245, 245, 245),
    "gray": (128, 128, 128),
}
COLOUR_NAMES = tuple(COLOURS)

STYLES = ("plain", "sketch", "noisy", "blurred", "inverted", "dark", "faded", "monochrome")
_PLAIN_SHARE = 16 / 23  # most training images are plain: clean pictures teach fastest


def choose(rng: np.random.Generator, options: Sequence[Choice]) -> Choice:
    """One of the options, all equally likely."""
    return options[int(rng.integers(len(options)))]


def choose_style(rng: np.random.Generator, *, sketch: bool = True) -> str:
    """Plain most of the time, otherwise any other style."""
    if rng.random() < _PLAIN_SHARE:
        return "plain"
    return choose(rng, STYLES[1:] if sketch else STYLES[2:])


def shade(rng: np.random.Generator, name: str) -> Floats:
    """A random shade `(3,)` of a named colour."""
    return varied(rng, COLOURS[name], 28)


def varied(rng: np.random.Generator, colour: tuple[int, int, int], spread: float) -> Floats:
    """A colour `(3,)` whose channels are changed by up to `spread`."""
    return np.clip(np.array(colour) + rng.uniform(-spread, spread, 3), 0, 255)


def contrasting(rng: np.random.Generator, others: Sequence[str], distance: float = 110) -> str:
    """A colour that can be told from the others."""
    name = choose(rng, COLOUR_NAMES)
    for _ in range(20):
        if all(_distance(name, other) > distance for other in others):
            break
        name = choose(rng, COLOUR_NAMES)
    return name


def _distance(first: str, second: str) -> float:
    return float(np.abs(np.array(COLOURS[first]) - np.array(COLOURS[second])).sum())


def paint(image: Floats, mask: Floats, colour: Floats) -> Floats:
    """The image with a colour laid on where the mask is 1."""
    return image + mask[..., None] * (colour - image)


def flat(colour: Floats) -> Floats:
    """An image of one colour."""
    return np.broadcast_to(colour, (SIZE, SIZE, 3)).copy()


def smooth_noise(rng: np.random.Generator, cells: int = 4) -> Floats:
    """Standard normal noise on a coarse grid, interpolated smoothly: `(SIZE, SIZE)`."""
    grid = rng.normal(size=(cells + 1, cells + 1))
    position = np.arange(SIZE) / SIZE * cells
    index = position.astype(int)
    weight = position - index
    weight = weight * weight * (3 - 2 * weight)
    down, across = weight[:, None], weight[None, :]
    top = grid[index][:, index] * (1 - across) + grid[index][:, index + 1] * across
    bottom = grid[index + 1][:, index] * (1 - across) + grid[index + 1][:, index + 1] * across
    blended: Floats = top * (1 - down) + bottom * down
    return blended


def rotated(angle: float, row: float = SIZE / 2, column: float = SIZE / 2) -> tuple[Floats, Floats]:
    """Coordinates along and across a direction, from a centre."""
    dx, dy = COLUMNS - column, ROWS - row
    along = np.cos(angle) * dx + np.sin(angle) * dy
    across = -np.sin(angle) * dx + np.cos(angle) * dy
    return along, across


def finish(rng: np.random.Generator, image: Floats, style: str) -> Pixels:
    """Applies a style and a little sensor noise, and rounds to bytes."""
    image = _STYLING[style](image) if style in _STYLING else image
    strength = rng.uniform(1, 6) + (26 if style == "noisy" else 0)
    channels = 1 if style == "monochrome" else 3
    speckle = rng.normal(size=(SIZE, SIZE, channels)) * strength
    return np.clip(image + speckle, 0, 255).astype(np.uint8)


def _monochrome(image: Floats) -> Floats:
    return np.repeat(image @ np.array([[0.3], [0.59], [0.11]]), 3, axis=2)


def _blurred(image: Floats) -> Floats:
    for _ in range(2):
        padded = np.pad(image, ((1, 1), (1, 1), (0, 0)), "edge")
        around = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
        image = (around + 2 * image) / 6
    return image


_STYLING = {
    "inverted": lambda image: 255 - image,
    "dark": lambda image: image * 0.45,
    "faded": lambda image: 255 - (255 - image) * 0.5,
    "monochrome": _monochrome,
    "blurred": _blurred,
}
