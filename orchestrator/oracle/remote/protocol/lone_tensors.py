"""Messages that are one tensor alone: a set of images, or the token embeddings of a text."""

import hashlib

import torch
from torch import Tensor

from orchestrator.oracle.remote.protocol.container import (
    BadMessage,
    check_tensor,
    lone_tensor,
    packed,
)


def image_bytes(images: Tensor) -> bytes:
    """A set of plain images `(N, 3, S, S)` uint8 as a safetensors file."""
    return packed({"plain": images})


def read_images(body: bytes) -> Tensor:
    """The set of images `(N, 3, S, S)` in a safetensors file.

    Raises:
        BadMessage: it is none.
    """
    images = lone_tensor(body, "plain")
    check_tensor({"plain": images}, "plain", 4)
    return images


def embedding_bytes(embeddings: Tensor) -> bytes:
    """Token embeddings `(T, D)` float32 of a text as a safetensors file."""
    return packed({"embeddings": embeddings})


def read_embeddings(body: bytes, width: int) -> Tensor:
    """The token embeddings `(T, D)` float32 of a text in a safetensors file; T may be 0.

    Raises:
        BadMessage: it has none, or of another width D.
    """
    found = lone_tensor(body, "embeddings")
    if found.dtype != torch.float32 or found.dim() != 2 or found.shape[1] != width:
        raise BadMessage(
            f"embeddings: expected (tokens, {width}) of float32, got {tuple(found.shape)} of "
            f"{str(found.dtype).removeprefix('torch.')}"
        )
    if not bool(torch.isfinite(found).all()):
        raise BadMessage("embeddings: not all numbers are finite")
    return found


def image_digest(images: Tensor) -> str:
    """SHA-256 over shape and contents of a set of plain images `(N, 3, S, S)` uint8."""
    digest = hashlib.sha256(repr(tuple(images.shape)).encode())
    digest.update(images.contiguous().numpy().data)
    return digest.hexdigest()
