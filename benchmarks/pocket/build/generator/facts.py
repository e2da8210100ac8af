"""What a picture shows, for captions and labels."""

from dataclasses import dataclass

SIZES = ("small", "big", "huge")
POSITIONS = ("left", "right", "top", "bottom", "middle")


@dataclass(frozen=True)
class Things:
    """One or several equal shapes on a background."""

    shape: str
    colour: str
    fill: str
    count: int
    size: str
    position: str
    background: str
    background_colour: str
    style: str


@dataclass(frozen=True)
class Writing:
    """A digit or a letter."""

    glyph: str
    colour: str
    background_colour: str
    style: str


@dataclass(frozen=True)
class Surface:
    """A texture over the whole picture."""

    texture: str
    colour: str
    other_colour: str
    style: str


@dataclass(frozen=True)
class Landscape:
    """A place seen from above."""

    place: str
    style: str


Facts = Things | Writing | Surface | Landscape
