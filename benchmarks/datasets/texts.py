"""Reads text files as people save them, lists of lines, and JSON files."""

import codecs
import json
import re
from pathlib import Path
from typing import Any

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.stand_ins import stand_in
from benchmarks.quoting import brief, one_line, quoted

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that no path or name of a class should have: line ends, and halves of letters."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_START = 512


class NoText(ValueError):
    """A file can't be read as text; says why, as the end of a sentence."""


def read_text(path: Path) -> str:
    """A text in UTF-8, or in UTF-16 if it begins with a byte-order mark; without that mark.

    Raises:
        NoText: it is missing, locked, or no such text.
    """
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # the latter for a path with a NUL
        raise NoText(reason_of(error)) from None
    encoding = "utf-16" if data.startswith(_UTF_16) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        known = stand_in(data[:_START])
        line = data[: error.start].count(b"\n") + 1
        raise NoText(
            known or f"line {line} is not in UTF-8 ({error.reason}). Save it as UTF-8 text"
        ) from None
    if data[1:2] == b"\0" or data[:1] == b"\0":  # every other byte, in a text of most languages
        raise NoText("it is in UTF-16 without a byte-order mark, or no text. Save it as UTF-8 text")
    return text


def reason_of(error: Exception) -> str:
    """Why a file or folder can't be read, without its path."""
    told = error.strerror if isinstance(error, OSError) else None
    return one_line(told).lower() if told else brief(error)


def read_lines(path: Path, dataset: str) -> list[str]:
    """The non-empty lines of a text file, without blanks around them.

    Raises:
        DatasetError: the file can't be read as text.
    """
    try:
        lines = read_text(path).splitlines()
    except NoText as error:
        raise DatasetError(
            f"dataset {dataset}: can't read {path} as text in UTF-8: {error}."
        ) from None
    return [line.strip() for line in lines if line.strip()]


def read_json(path: Path, dataset: str) -> dict[str, Any]:
    """The mapping in a JSON file.

    Raises:
        DatasetError: the file is missing, is not JSON, or holds no mapping.
    """
    try:
        text = read_text(path)
        document = _parsed(text)
    except (NoText, ValueError) as error:
        raise DatasetError(
            f"dataset {dataset}: {path} is not readable JSON ({brief(error)}). Download it again."
        ) from None
    if not isinstance(document, dict):
        raise DatasetError(
            f"dataset {dataset}: {path} must hold a mapping, got {quoted(document)}. "
            f"Download it again."
        )
    return document


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("lists in lists in lists, too deep to read") from None
    except ValueError as error:
        known = stand_in(text[:_START].encode(errors="replace"))
        raise ValueError(known or str(error)) from None
