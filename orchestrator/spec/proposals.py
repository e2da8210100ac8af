"""Files of templates that a spec names: their lines stand in its place, and so in the key."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.quoting import cut
from methods.parts.template_bank import checked_template
from orchestrator.errors import UserError

_FIELD = "proposals"
LARGEST = 2**20
"""Bytes of such a file at most."""


def with_proposals(fields: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The fields of a spec, with the lines of a file where a method names one in `proposals`.

    That is a method of the comparison, or the base of an ablation, which may vary it too.

    Args:
        fields: as they are written.
        folder: where a relative path is looked for, if it isn't in the working directory.

    Raises:
        UserError: a file can't be read, or holds no templates.
    """
    replaced = dict(fields)
    if isinstance(entries := fields.get("methods"), list):
        replaced["methods"] = [_replaced(entry, folder) for entry in entries]
    if isinstance(ablation := fields.get("ablation"), Mapping):
        replaced["ablation"] = _with_files(ablation, folder)
    return replaced


def _with_files(ablation: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The section of an ablation, with the lines of files in its bases and in what is varied."""
    replaced: dict[str, Any] = {}
    if isinstance(bases := ablation.get("base"), list):
        replaced["base"] = [_replaced(base, folder) for base in bases]
    elif bases is not None:
        replaced["base"] = _replaced(bases, folder)
    vary = ablation.get("vary")
    if isinstance(vary, Mapping) and isinstance(values := vary.get(_FIELD), list):
        read = [read_proposals(one, folder) if isinstance(one, str) else one for one in values]
        replaced["vary"] = {**vary, _FIELD: read}
    return {**ablation, **replaced}


def _replaced(entry: Any, folder: Path) -> Any:
    """The entry of a method, with the lines of a file in place of its path."""
    if not isinstance(entry, Mapping):
        return entry
    replaced = {name: _replaced(entry[name], folder) for name in ("settings",) if name in entry}
    given = entry.get(_FIELD)
    if isinstance(given, str):
        replaced[_FIELD] = read_proposals(given, folder)
    elif given is not None and not isinstance(given, list):
        raise UserError(
            f"proposals: expected the path of a file with a template in each line, or a list such "
            f'as ["a photo of a {{}}."], but got {cut(repr(given))}.'
        )
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
    try:
        given = Path(name).expanduser()
        path = given if given.is_file() else folder / given
        if path.stat().st_size > LARGEST:
            raise UserError(f"proposals {path}: the file is larger than {LARGEST // 1024:,} KiB.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(
            f"proposals {cut(name)!r}: the file is not text in UTF-8. Save it as UTF-8."
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        # A NUL in a path is a ValueError, an unknown `~user` a RuntimeError.
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"proposals {cut(name)!r} can't be read: {reason}. Give the path of a text file with a "
            f"template in each line, from the working directory or the spec's folder, or a list."
        ) from None
    lines = [line.strip() for line in text.splitlines()]
    found = [
        _template(line, f"{path}, line {number}", path.suffix == ".jsonl")
        for number, line in enumerate(lines, start=1)
        if line
    ]
    if not found:
        raise UserError(f"proposals {path}: the file holds no templates. Write one a line.")
    return list(dict.fromkeys(found))


def _template(line: str, place: str, is_json: bool) -> str:
    """The template of a line that isn't blank."""
    try:
        return checked_template(_parsed(line, place) if is_json else line)
    except ValueError as error:
        raise UserError(f"proposals {place}: {error}.") from None


def _parsed(line: str, place: str) -> str:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    template = value.get("template") if isinstance(value, Mapping) else value
    if not isinstance(template, str):
        raise UserError(
            f'proposals {place}: expected a JSON string, or an object such as {{"template": '
            f'"a photo of a {{}}."}}, but got {cut(repr(line))}.'
        )
    return template
