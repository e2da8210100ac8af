"""The folder that a prompt is written into, looked at before any work is done."""

from __future__ import annotations

from pathlib import Path

from benchmarks.places import is_address
from benchmarks.quoting import quoted
from orchestrator.errors import UserError
from orchestrator.store import tensor_file

TENSORS = "prompt.safetensors"
"""Holds tensors, and in its header the record: what is loaded."""
RECORD = "prompt.json"
"""The record once more, to read."""
_HALVES = (f".{TENSORS}.", f".{RECORD}.")
"""How names begin of what a save that was killed has left."""
TITLE = "querycurve prompt"
"""What the record is called in the header."""


def check_target(folder: Path | str) -> Path:
    """Refuses a place where an export would mix with something else.

    Raises:
        UserError: it is no folder, or holds something and no exported prompt.
    """
    if is_address(str(folder)):
        raise UserError(
            f"a prompt is written into a folder of this machine, got {quoted(str(folder))}: write "
            f"it here, and copy the folder."
        )
    path = Path(folder).expanduser()
    try:
        if path.exists() and not path.is_dir():
            raise UserError(f"{path} is a file: give a folder that is new, empty or an export.")
        every = sorted(one.name for one in path.iterdir()) if path.is_dir() else []
    except OSError as error:
        raise UserError(f"{path} can't be looked at: {error.strerror}.") from None
    held = [name for name in every if not name.startswith(_HALVES)]
    if held and not _is_export(path):
        raise UserError(
            f"the folder {path} holds other things, such as {held[0]!r}, and no exported prompt: "
            f"give a new or empty folder. An earlier export would be replaced."
        )
    return path


def _is_export(folder: Path) -> bool:
    """Whether a folder holds an exported prompt, whatever its release."""
    try:
        tensor_file.values_in((folder / TENSORS).read_bytes(), TITLE)
    except (OSError, tensor_file.UnreadableTensors):
        return False
    return True
