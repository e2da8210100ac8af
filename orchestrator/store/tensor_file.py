"""Tensors as safetensors, with plain JSON values in the header of the same file.

The header also has a digest of both: safetensors detects a truncated file, but no changed byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from benchmarks.quoting import brief

if TYPE_CHECKING:
    from torch import Tensor

_DIGEST = "sha256"


class UnreadableTensors(ValueError):
    """Bytes that are damaged, or no such file."""


def to_bytes(tensors: Mapping[str, Tensor], title: str, values: Mapping[str, Any]) -> bytes:
    """A safetensors file of tensors `(...)` by name, and of JSON values under a title."""
    from safetensors.torch import save

    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    text = json.dumps(dict(values))
    return bytes(save(contiguous, metadata={title: text, _DIGEST: _digest(text, contiguous)}))


def from_bytes(data: bytes, title: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors `(...)` by name, and values, of a file that `to_bytes` made.

    Raises:
        UnreadableTensors: the file is damaged, or has no values under this title.
    """
    from safetensors.torch import load

    try:
        header = _header(data)
        tensors, text = dict(load(data)), header[title]
        if header[_DIGEST] != _digest(text, tensors):
            raise UnreadableTensors("its content is not what was written")
        return tensors, dict(json.loads(text))
    except (SafetensorError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise UnreadableTensors(brief(error)) from None


def values_in(data: bytes, title: str) -> dict[str, Any]:
    """The values of a file that `to_bytes` made; its tensors are not looked at.

    Raises:
        UnreadableTensors: the file is damaged, or has no values under this title.
    """
    try:
        return dict(json.loads(_header(data)[title]))
    except (KeyError, ValueError, TypeError) as error:
        raise UnreadableTensors(str(error)) from None


def _header(data: bytes) -> dict[str, str]:
    """The metadata of a safetensors file: 8 bytes of length, then JSON."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata: dict[str, str] = header["__metadata__"]
    return metadata


def _digest(text: str, tensors: Mapping[str, Tensor]) -> str:
    import torch

    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu()
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
