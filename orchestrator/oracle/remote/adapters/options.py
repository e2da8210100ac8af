"""The marks of options in a question to a chat model: letters, or numbers."""

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Literal

Marks = Literal["auto", "letters", "numbers"]
"""`auto` is letters where the alphabet is long enough, and numbers from 1 otherwise."""

LETTERS = len(ascii_uppercase)


def marks_of(count: int, kind: Marks) -> tuple[str, ...]:
    """The marks of so many options, such as `("A", "B")`.

    Raises:
        ValueError: there are not so many letters.
    """
    if kind == "letters" and count > LETTERS:
        raise ValueError(f"there are letters for {LETTERS} options, not for {count}")
    if kind == "letters" or (kind == "auto" and count <= LETTERS):
        return tuple(ascii_uppercase[:count])
    return tuple(str(number) for number in range(1, count + 1))


def option_lines(marks: Sequence[str], texts: Sequence[str]) -> tuple[str, ...]:
    """A line for each option, such as `A. a photo of a cat`."""
    return tuple(f"{mark}. {text}" for mark, text in zip(marks, texts, strict=True))
