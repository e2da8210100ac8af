"""A prompt in a folder: one file that holds all of it, and what it says of itself for people."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.places import is_address
from benchmarks.quoting import brief, quoted
from orchestrator.deploy.prompt import Kept
from orchestrator.deploy.record import PromptRecord
from orchestrator.deploy.target import RECORD, TENSORS, TITLE, check_target
from orchestrator.errors import UserError
from orchestrator.reading.validation import Refused, validated
from orchestrator.store import tensor_file

FORMAT = 1


def write_prompt(kept: Kept, folder: Path | str) -> Path:
    """Writes a prompt; a reader finds it whole, or the one before. Returns the folder.

    Raises:
        UserError: as `check_target`, or it can't be written.
    """
    path = check_target(folder)
    values = kept.record.model_dump(mode="json")
    try:
        path.mkdir(parents=True, exist_ok=True)
        _put(path / TENSORS, tensor_file.to_bytes(kept.tensors, TITLE, values))
        text = kept.record.model_dump_json(indent=2, exclude={"rebuilt": {"values"}})
        _put(path / RECORD, f"{text}\n".encode())
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror or brief(error)}.") from None
    return path


def read_prompt(folder: Path | str) -> Kept:
    """The prompt in a folder.

    Raises:
        UserError: there is none, it is damaged, or a later release has written it.
    """
    if is_address(str(folder)):
        raise UserError(
            f"a prompt is read from a folder of this machine, got {quoted(str(folder))}: copy it "
            f"here."
        )
    path = Path(folder).expanduser()
    if path.name == RECORD:
        path = path.parent
    file = path if path.suffix == ".safetensors" else path / TENSORS
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(
            f"there is no exported prompt in {path}: {file.name} can't be read "
            f"({error.strerror}). Make one by querycurve export CELL --to {path}"
        ) from None
    try:
        tensors, values = tensor_file.from_bytes(data, TITLE)
    except tensor_file.UnreadableTensors as error:
        raise UserError(
            f"{file} is damaged, or no exported prompt: {error}. Export it again."
        ) from None
    return _whole(Kept(_record(values, file), tensors), file)


def _record(values: Mapping[str, Any], file: Path) -> PromptRecord:
    if values.get("format") != FORMAT:
        raise UserError(
            f"{file} has format {values.get('format')}, and this release reads {FORMAT}: install "
            f"a newer querycurve, or export it again."
        )
    try:
        return validated(PromptRecord, values)
    except Refused as error:
        raise UserError(f"{file} can't be used: {error}. Export it again.") from None


def _whole(kept: Kept, file: Path) -> Kept:
    """A prompt whose parts belong together.

    Raises:
        UserError: it has no classes, or other tensors than it says.
    """
    found = {name: tuple(tensor.shape) for name, tensor in kept.own_tensors.items()}
    if not kept.record.surroundings.class_names or found != kept.record.tensors:
        raise UserError(f"{file} holds other classes or tensors than it says. Export it again.")
    return kept


def _put(file: Path, data: bytes) -> None:
    """Writes a file at once: it is the old one until it is the new one."""
    beside = file.with_name(f".{file.name}.{uuid4().hex[:8]}")
    try:
        with beside.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
