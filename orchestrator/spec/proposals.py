"""Files of templates that a spec names: their lines stand in its place, and so in the key."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.errors import UserError

_FIELD = "proposals"
LARGEST = 2**20
"""Bytes of such a file at most."""


def with_proposals(fields: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The fields of a spec, with the lines of a file where a method names one in `proposals`.

    Args:
        fields: as they are written.
        folder: where a relative path is looked for, if it isn't in the working directory.

    Raises:
        UserError: a file can't be read, or holds no templates.
    """
    entries = fields.get("methods")
    if not isinstance(entries, list):
        return dict(fields)
    return {**fields, "methods": [_replaced(entry, folder) for entry in entries]}


def _replaced(entry: Any, folder: Path) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    replaced = {name: _replaced(entry[name], folder) for name in ("settings",) if name in entry}
    if isinstance(entry.get(_FIELD), str):
        replaced[_FIELD] = read_proposals(entry[_FIELD], folder)
    return {**entry, **replaced}


def read_proposals(name: str, folder: Path) -> list[str]:
    """Templates of a file, one a line; blank lines are left out, and repeated ones.

    In a file whose name ends in `.jsonl`, a line is a JSON string, or an object with a `template`.

    Args:
        name: path of the file; relative ones are looked for in the working directory, then in
            `folder`.
        folder: see there.

    Raises:
        UserError: it can't be read, or holds no templates.
    """
    given = Path(name).expanduser()
    path = given if given.is_file() else folder / given
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"proposals {path}: the file is larger than {LARGEST // 1024:,} KiB.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"proposals {name!r} can't be read: {reason}.") from None
    except UnicodeDecodeError:
        raise UserError(f"proposals {path}: the file is not text in UTF-8.") from None
    lines = [line.strip() for line in text.splitlines()]
    found = [
        _parsed(line, f"{path}, line {number}") if path.suffix == ".jsonl" else line
        for number, line in enumerate(lines, start=1)
        if line
    ]
    if not found:
        raise UserError(f"proposals {path}: the file holds no templates. Write one a line.")
    return list(dict.fromkeys(found))


def _parsed(line: str, place: str) -> str:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    template = value.get("template") if isinstance(value, Mapping) else value
    if not isinstance(template, str):
        raise UserError(
            f'proposals {place}: expected a JSON string, or an object such as {{"template": '
            f'"a photo of a {{}}."}}, but got {line[:60]!r}.'
        )
    return template
