"""The form of all messages with tensors: a safetensors file, with the rest as JSON in its metadata.

Nothing that is read can run code, and what makes no sense is a `BadMessage` and nothing else.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from benchmarks.frozen import Frozen
from benchmarks.quoting import cut, one_line

MOST_SAID = 2**23
"""Bytes of what isn't a tensor in a message, at most: reading holds it many times over."""
CONTENT_TYPE = "application/vnd.safetensors"
"""Content type of such files."""
_NO_FILE = "expected a safetensors file"

_Form = TypeVar("_Form", bound=Frozen)


class BadMessage(ValueError):
    """Bytes that are no message of the expected kind; says what is wrong with them."""


def packed(tensors: Mapping[str, Tensor | None], stated: dict[str, str] | None = None) -> bytes:
    """The tensors that are there, and what is stated beside them, as a safetensors file."""
    present = {
        name: one.detach().to("cpu").contiguous()
        for name, one in tensors.items()
        if one is not None
    }
    return bytes(save(present, stated))


class UntrustedFile:
    """A safetensors file of which nothing is trusted.

    Raises:
        BadMessage: it is none.
    """

    def __init__(self, body: bytes) -> None:
        length = int.from_bytes(body[:8], "little")
        if len(body) < 8 or length > len(body) - 8:
            raise BadMessage(_NO_FILE)
        if length > MOST_SAID:
            raise BadMessage(f"expected at most {MOST_SAID:,} bytes of metadata, got {length:,}")
        try:
            header = json.loads(body[8 : 8 + length], object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError):
            raise BadMessage(_NO_FILE) from None
        if not isinstance(header, dict):
            raise BadMessage(_NO_FILE)
        self._body, self._metadata = body, header.pop("__metadata__", None)
        self._names = header.keys()

    def stated(self, name: str) -> str:
        """One of the metadata."""
        text = self._metadata.get(name) if isinstance(self._metadata, dict) else None
        if not isinstance(text, str):
            raise BadMessage(f"the metadata lack {name!r}")
        return text

    def tensors(self, known: set[str]) -> dict[str, Tensor]:
        """The tensors by name, if none has a strange one."""
        strange = sorted(self._names - known)
        if strange:
            raise BadMessage(f"unknown tensor {strange[0][:100]!r}")
        try:
            return dict(load(self._body))
        except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, OverflowError):
            raise BadMessage(_NO_FILE) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; where a name is repeated, readers would disagree on what it says."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def lone_tensor(body: bytes, name: str) -> Tensor:
    """The only tensor of a file."""
    tensors = UntrustedFile(body).tensors({name})
    if name not in tensors:
        raise BadMessage(f"the tensor `{name}` is missing")
    return tensors[name]


def validated(form: type[_Form], text: str | bytes) -> _Form:
    """What a JSON text says.

    Raises:
        BadMessage: it isn't of the form.
    """
    try:
        return form.model_validate_json(text)
    except ValidationError as error:
        raise BadMessage(first_problem(error)) from None


def first_problem(error: ValidationError, whole: str = "") -> str:
    """The first thing that is wrong with a document, in one short line, whatever its fields are.

    Args:
        error: tells of all.
        whole: what the document is called where it is wrong as a whole; "" doesn't name it.
    """
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(cut(one_line(str(part))) for part in first["loc"]) or whole
    message = cut(one_line(first["msg"]), 200)
    return f"{place}: {message}" if place else message


def check_tensor(tensors: dict[str, Tensor], name: str, dimensions: int) -> None:
    """Refuses a tensor of another kind than is meant, and one without elements."""
    tensor = tensors.get(name)
    if tensor is None:
        return
    kind = torch.uint8 if name == "plain" else torch.float32
    if tensor.dtype != kind or tensor.dim() != dimensions or not tensor.numel():
        wanted, got = (str(one).removeprefix("torch.") for one in (kind, tensor.dtype))
        raise BadMessage(
            f"{name}: expected {dimensions} dimensions of {wanted}, none of them empty, got "
            f"{tuple(tensor.shape)} of {got}"
        )
    if kind == torch.float32 and not bool(torch.isfinite(tensor).all()):
        raise BadMessage(f"{name}: not all numbers are finite")
