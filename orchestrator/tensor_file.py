"""Tensors as safetensors, with plain JSON values in the header of the same file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor


class UnreadableTensors(ValueError):
    """Bytes that are no file of this kind."""


def to_bytes(tensors: Mapping[str, Tensor], title: str, values: Mapping[str, Any]) -> bytes:
    """A safetensors file.

    Args:
        tensors: by name.
        title: what the values are called in the header.
        values: plain JSON values.
    """
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    return bytes(save(contiguous, metadata={title: json.dumps(dict(values))}))


def from_bytes(data: bytes, title: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and values of a file that `to_bytes` made.

    Raises:
        UnreadableTensors: the file is damaged or lacks the values.
    """
    try:
        return dict(load(data)), dict(json.loads(_header(data)[title]))
    except (SafetensorError, KeyError, ValueError) as error:
        raise UnreadableTensors(str(error)) from None


def _header(data: bytes) -> dict[str, str]:
    """The metadata of a safetensors file: 8 bytes of length, then JSON."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata: dict[str, str] = header["__metadata__"]
    return metadata
