"""Reads the rows of a manifest one by one."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from benchmarks.datasets.interface import Split
from benchmarks.datasets.labels import is_blank, whole_number
from benchmarks.datasets.own.columns import BadManifest
from benchmarks.datasets.own.image_paths import ImagePaths, NoPath
from benchmarks.datasets.own.split_names import CALLED, SPLIT_NAMES, split_called
from benchmarks.datasets.texts import CONTROL
from benchmarks.quoting import quoted


class Row(NamedTuple):
    """A row of a manifest.

    Attributes:
        number: as a person counts the rows of this kind of file.
        image: what names the image: a path below the manifest's folder, or a number.
        class_name: as it enters a prompt.
        label: the class's index, if it is given.
        split: the image's split, if it is given.
    """

    number: int
    image: str
    class_name: str
    label: int | None
    split: Split | None


def read_row(number: int, cells: Mapping[str, Any], where: str, paths: ImagePaths | None) -> Row:
    """Reads one row.

    Args:
        number: of the row.
        cells: the row's values by column.
        where: names the manifest in errors.
        paths: what reads the images' paths; None where images have numbers.

    Raises:
        BadManifest: a value is missing, or can't be what it should be.
    """
    try:
        image, name = _given(cells, "image"), _given(cells, "class_name")
        return Row(
            number,
            str(image) if paths is None else _path(image, paths),
            _class_name(name),
            _label(cells.get("label")),
            _split(cells.get("split")),
        )
    except BadManifest as error:
        raise BadManifest(f"{where}, row {number}: {error}") from None


def _given(cells: Mapping[str, Any], column: str) -> object:
    value = cells.get(column)
    if is_blank(value):
        raise BadManifest(f"{column!r} is empty.")
    return value


def text_of(value: object) -> str | None:
    """A cell as text, also of a number or of UTF-8 bytes; None if it is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return str(value) if isinstance(value, int | float) else None


def _path(value: object, paths: ImagePaths) -> str:
    text = text_of(value)
    if text is None:
        raise BadManifest(f"'image' must be a path, got {quoted(value)}.")
    try:
        return paths.below(text)
    except NoPath as error:
        raise BadManifest(f"the image {quoted(text)} {error}.") from None


def _class_name(value: object) -> str:
    text = text_of(value)
    if text is None:
        raise BadManifest(f"'class_name' must be text, got {quoted(value)}.")
    text = text.strip()
    if CONTROL.search(text):
        raise BadManifest(
            f"the class name {quoted(text)} has a line break or another character that "
            f"can't be in a prompt. Is a quotation mark missing?"
        )
    return text


def _label(value: object) -> int | None:
    if is_blank(value):
        return None
    text = text_of(value) if isinstance(value, bytes) else value
    label = whole_number(text)
    if label is None:
        raise BadManifest(
            f"'label' must be a whole number from 0, got {quoted(value)}. Names of classes belong "
            f"into the column 'class_name'."
        )
    return label


def _split(value: object) -> Split | None:
    if is_blank(value):
        return None
    text = text_of(value)
    split = None if text is None else split_called(text)
    if split is None:
        near = get_close_matches((text or "").strip().casefold(), SPLIT_NAMES, n=1)
        remedy = f"Did you mean: {near[0]}?" if near else f"Expected {CALLED}."
        got = quoted(value if text is None else text)
        raise BadManifest(f"'split' must be train, val or test, got {got}. {remedy}")
    return split
