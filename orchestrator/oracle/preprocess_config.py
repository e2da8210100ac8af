"""Reads how a model wants its images, as open_clip does, from its `preprocess_cfg`."""

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any, get_args

from benchmarks.naming import did_you_mean
from benchmarks.preprocessing import (
    CLIP_MEAN,
    CLIP_STD,
    Augmentation,
    Interpolation,
    Preprocessing,
    ResizeMode,
)
from orchestrator.errors import UserError

Triple = tuple[float, float, float]


def read_preprocessing(
    stated: Any, image_size: Any, label: str, augmentation: Augmentation
) -> Preprocessing:
    """The transforms that a configuration asks for; what it leaves out is CLIP's.

    As in open_clip the image tower's size counts, and not the configuration's `size`. `random`
    interpolation is bicubic when a model is tested.

    Args:
        stated: a `preprocess_cfg`, from a model's folder or a published tag; None for neither.
        image_size: the image tower's, in pixels; a number, or height and width.
        label: names the backbone in errors.
        augmentation: what happens to training images.

    Raises:
        UserError: a value is not one that open_clip knows, or images are not square.
    """
    if not isinstance(stated or {}, Mapping):
        raise UserError(f"backbone {label!r}: preprocess_cfg must be a mapping, got {stated!r}.")
    config = _Config(stated or {}, f"backbone {label!r}: preprocess_cfg")
    config.choice("mode", ("RGB",))
    interpolation: Any = config.choice("interpolation", (*get_args(Interpolation), "random"))
    resize_mode: Any = config.choice("resize_mode", get_args(ResizeMode))
    return Preprocessing(
        size=_square(image_size, label),
        mean=config.channels("mean") or CLIP_MEAN,
        std=config.divisors("std") or CLIP_STD,
        augmentation=augmentation,
        interpolation="bicubic" if interpolation in (None, "random") else interpolation,
        resize_mode=resize_mode or "shortest",
        fill_color=config.colour("fill_color"),
    )


class _Config:
    """The values of a configuration, each checked as it is read."""

    def __init__(self, stated: Mapping[str, Any], where: str) -> None:
        self._stated, self._where = stated, where

    def choice(self, name: str, known: tuple[str, ...]) -> str | None:
        """One of the known values; None if there is none."""
        value = self._stated.get(name)
        if value and value not in known:
            hint = did_you_mean(str(value), known)
            raise UserError(f"{self._where}.{name} is {value!r}, which open_clip lacks. {hint}")
        return value or None

    def channels(self, name: str) -> Triple | None:
        """A number per channel, or one for all of them; None if there is none.

        Like open_clip it takes a plain 0 for none.
        """
        value = self._stated.get(name)
        if not value:
            return None
        numbers = tuple(value) if isinstance(value, list | tuple) else (value,)
        numbers *= 3 if len(numbers) == 1 else 1
        if len(numbers) != 3 or not all(map(_is_number, numbers)):
            raise UserError(f"{self._where}.{name} must be three numbers, got {value!r}.")
        red, green, blue = numbers
        return red, green, blue

    def divisors(self, name: str) -> Triple | None:
        """Like `channels`, without zeros."""
        numbers = self.channels(name)
        if numbers is not None and 0 in numbers:
            raise UserError(f"{self._where}.{name} must not be zero, got {numbers!r}.")
        return numbers

    def colour(self, name: str) -> tuple[int, int, int]:
        """Red, green and blue, or one value for all of them; black if there is none."""
        numbers = self.channels(name) or (0, 0, 0)
        if any(not 0 <= number <= 255 for number in numbers):
            raise UserError(f"{self._where}.{name} must lie between 0 and 255, got {numbers!r}.")
        red, green, blue = map(int, numbers)
        return red, green, blue


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _square(image_size: Any, label: str) -> int:
    sides = tuple(image_size) if isinstance(image_size, list | tuple) else (image_size,)
    sound = all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in sides)
    if not sound or len(sides) not in (1, 2):
        raise UserError(
            f"backbone {label!r}: image_size must be a number of pixels, got {image_size!r}."
        )
    if len(set(sides)) > 1:
        raise UserError(
            f"backbone {label!r} takes images of {sides[0]} x {sides[1]} pixels, but only square "
            f"ones are supported. Use a backbone whose image_size is one number."
        )
    side: int = sides[0]
    return side
