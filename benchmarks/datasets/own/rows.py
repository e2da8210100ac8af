"""Reads the rows of a manifest one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from benchmarks.datasets.interface import Split
from benchmarks.datasets.labels import is_blank, whole_number
from benchmarks.datasets.own.columns import REQUIRED, BadManifest
from benchmarks.datasets.own.image_paths import ImagePaths, NoPath
from benchmarks.datasets.own.split_names import CALLED, SPLIT_NAMES, split_called
from benchmarks.datasets.texts import CONTROL
from benchmarks.quoting import quoted


@dataclass(frozen=True, slots=True)
class Row:
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
    where = f"{where}, row {number}"
    for name in REQUIRED:
        if is_blank(cells.get(name)):
            raise BadManifest(f"{where}: {name!r} is empty.")
    return Row(
        number,
        cells["image"] if paths is None else _path(cells["image"], where, paths),
        _class_name(cells["class_name"], where),
        _label(cells.get("label"), where),
        _split(cells.get("split"), where),
    )


def text_of(value: object) -> str | None:
    """A cell as text, also of a number or of UTF-8 bytes; None if it is neither."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    return str(value) if isinstance(value, str | int | float) else None


def _path(value: object, where: str, paths: ImagePaths) -> str:
    text = text_of(value)
    if text is None:
        raise BadManifest(f"{where}: 'image' must be a path, got {quoted(value)}.")
    try:
        return paths.below(text)
    except NoPath as error:
        raise BadManifest(f"{where}: the image {quoted(text)} {error}.") from None


def _class_name(value: object, where: str) -> str:
    text = text_of(value)
    if text is None:
        raise BadManifest(f"{where}: 'class_name' must be text, got {quoted(value)}.")
    text = text.strip()
    if CONTROL.search(text):
        raise BadManifest(
            f"{where}: the class name {quoted(text)} has a line break or another character that "
            f"can't be in a prompt. Is a quotation mark missing?"
        )
    return text


def _label(value: object, where: str) -> int | None:
    if is_blank(value):
        return None
    text = text_of(value) if isinstance(value, bytes) else value
    label = whole_number(text)
    if label is None:
        raise BadManifest(f"{where}: 'label' must be a whole number from 0, got {quoted(value)}.")
    return label


def _split(value: object, where: str) -> Split | None:
    if is_blank(value):
        return None
    text = text_of(value)
    split = None if text is None else split_called(text)
    if split is None:
        near = get_close_matches((text or "").strip().casefold(), SPLIT_NAMES, n=1)
        remedy = f"Did you mean: {near[0]}?" if near else f"Expected {CALLED}."
        got = quoted(value if text is None else text)
        raise BadManifest(f"{where}: 'split' must be train, val or test, got {got}. {remedy}")
    return split
