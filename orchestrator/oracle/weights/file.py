"""What a file of weights is, by its first bytes and its table of contents: nothing is loaded."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar
from zipfile import BadZipFile, ZipFile

from orchestrator.errors import UserError

T = TypeVar("T")
Kind = Literal["safetensors", "torch", "torch, old format", "TorchScript", "NumPy"]
Shapes = Mapping[str, tuple[int, ...]]
"""Shape of each tensor, by its name in a model."""

OPENAI_MARKS = frozenset({"input_resolution", "context_length", "vocab_size"})
"""Entries that only OpenAI's own files have; their models use QuickGELU."""

_PARTS = frozenset({"visual", "text", "transformer", "vision_model", "text_model"})
"""First parts of names that a model's weights may share; any other one was put before them."""
_COMPILED = "_orig_mod."
_ACTIVATION = rb"\bclass (QuickGELU|GELU)\b"
_AGAIN = "Download or copy it again"
_METADATA = "__metadata__"
_LENGTH = 8
"""Bytes before a safetensors header that say how long it is."""


class TensorPart(NamedTuple):
    """Where a tensor lies in a safetensors file.

    Attributes:
        name: its name in the file.
        format: safetensors' name of its numbers' format.
        shape: its shape.
        start: where its bytes begin in the file.
        end: where they end.
    """

    name: str
    format: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class WeightsFile:
    """A file that seems to hold weights.

    Attributes:
        path: the file.
        kind: its format, by content; names are not relied on.
    """

    path: Path
    kind: Kind

    def header_shapes(self) -> Shapes | None:
        """Shapes in a safetensors header; None for other formats, which take torch."""
        if self.kind != "safetensors":
            return None
        return plain_names({part.name: part.shape for part in safetensors_parts(self.path)})

    def header_formats(self) -> Mapping[str, str]:
        """safetensors' names of the formats in its header; empty for other files."""
        if self.kind != "safetensors":
            return {}
        return plain_names({part.name: part.format for part in safetensors_parts(self.path)})

    @property
    def activation(self) -> str:
        """The activation that the code of a TorchScript archive applies; empty for other files."""
        if self.kind != "TorchScript":
            return ""
        with ZipFile(self.path) as archive:
            code = (archive.read(name) for name in archive.namelist() if name.endswith(".py"))
            found = {name for text in code for name in re.findall(_ACTIVATION, text)}
        known = (("QuickGELU", b"QuickGELU"), ("GELU", b"GELU"))
        return next((name for name, written in known if written in found), "")


def weights_file(path: Path) -> WeightsFile:
    """Recognises a file of weights.

    Raises:
        UserError: it is empty, cut short, or something else.
    """
    return WeightsFile(path, _kind(path, first_bytes(path)))


def first_bytes(path: Path) -> bytes:
    """How a file begins.

    Raises:
        UserError: as what a download leaves in place of weights.
    """
    with path.open("rb") as file:
        head = file.read(512)
    text = head.lstrip().lower()
    if not head:
        raise UserError(f"the weights file {path} is empty. {_AGAIN}.")
    if text.startswith(b"version https://git-lfs"):
        raise UserError(
            f"{path} is a pointer of Git LFS, not the weights themselves. Fetch them with "
            f"`git lfs pull` in their repository, or download the file."
        )
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UserError(
            f"{path} is a web page, not weights. Download the file itself, from its `raw` or "
            f"`resolve` link, logged in if it asks for that."
        )
    return head


def plain_names(named: Mapping[str, T]) -> dict[str, T]:
    """Entries under the names of the model itself, without what training code puts before them."""
    found = {name.replace(_COMPILED, ""): value for name, value in named.items()}
    while prefix := _shared(found):
        found = {name.removeprefix(prefix): value for name, value in found.items()}
    return found


def _shared(named: Iterable[str]) -> str:
    """What all names begin with that isn't a part of a model; empty if there is nothing."""
    firsts = {name.partition(".")[:2] for name in named}
    if len(firsts) != 1:
        return ""
    first, dot = firsts.pop()
    return f"{first}." if dot and first not in _PARTS else ""


def _kind(path: Path, head: bytes) -> Kind:
    if head.startswith(b"PK"):
        return _zip_kind(path)
    if path.suffix == ".npy":
        return "NumPy"
    if head.startswith(b"\x80"):
        return "torch, old format"
    if head[_LENGTH : _LENGTH + 1] == b"{":
        safetensors_parts(path)
        return "safetensors"
    raise UserError(
        f"{path} holds no weights of a known format: safetensors, torch.save's, TorchScript or "
        f"big_vision's .npz. {_AGAIN}, or check the path."
    )


def _zip_kind(path: Path) -> Kind:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except BadZipFile:
        raise _cut_short(path) from None
    if any(name.endswith("/constants.pkl") for name in names):
        return "TorchScript"
    if any(name.endswith(".npy") for name in names):
        return "NumPy"
    if any(name.endswith("data.pkl") for name in names):
        return "torch"
    raise UserError(
        f"{path} is a zip archive without weights at its top. Unpack it, and give the path of the "
        f"weights in it."
    )


def safetensors_parts(path: Path) -> list[TensorPart]:
    """The tensors of a safetensors file, by its header.

    Raises:
        UserError: it is cut short or goes on for too long, or its header is damaged.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        if length > size - _LENGTH:
            raise _cut_short(path)
        try:
            header = dict(json.loads(file.read(length)))
            header.pop(_METADATA, None)
            parts = [_part(name, entry, _LENGTH + length) for name, entry in header.items()]
        except (ValueError, KeyError, TypeError, IndexError):
            raise UserError(f"{path} has a damaged safetensors header. {_AGAIN}.") from None
    end = max((part.end for part in parts), default=_LENGTH + length)
    if end > size:
        raise _cut_short(path)
    if end < size:
        raise UserError(
            f"the weights file {path} goes on for {size - end:,} bytes after its contents. "
            f"{_AGAIN}."
        )
    return parts


def _part(name: str, entry: Mapping[str, Any], base: int) -> TensorPart:
    start, end = (base + int(offset) for offset in entry["data_offsets"])
    if not base <= start <= end:
        raise ValueError(f"{name} lies nowhere")
    return TensorPart(name, str(entry["dtype"]), tuple(entry["shape"]), start, end)


def _cut_short(path: Path) -> UserError:
    size = path.stat().st_size
    return UserError(
        f"the weights file {path} is cut short: it ends after {size} bytes, before its contents "
        f"do. {_AGAIN}."
    )
