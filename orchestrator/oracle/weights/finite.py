"""Finds numbers among weights that aren't finite; each file is read once, then remembered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.local_cache import in_cache
from orchestrator.errors import UserError
from orchestrator.oracle.given_files import hash_file
from orchestrator.oracle.weights.file import WeightsFile, safetensors_parts

if TYPE_CHECKING:
    from torch import Tensor

MASK = "attn_mask"
"""What old models store of their causal mask: minus infinity, rightly."""

_AT_ONCE = 1 << 22
"""Numbers that are looked at together."""
_EXPONENTS: Mapping[str, tuple[str, int]] = {
    "F64": ("<u8", 0x7FF << 52),
    "F32": ("<u4", 0xFF << 23),
    "F16": ("<u2", 0x1F << 10),
    "BF16": ("<u2", 0xFF << 7),
}
"""Bits of the exponent by safetensors' names of formats: all are set in what isn't finite."""

_FORMATS = {
    "torch.float64": "F64",
    "torch.float32": "F32",
    "torch.float16": "F16",
    "torch.bfloat16": "BF16",
}


def check_finite(whose: str, file: WeightsFile) -> None:
    """Refuses weights of which some are NaN or infinite: their model's every answer is NaN.

    torch is imported for files in its own formats, unless they were looked at before.

    Args:
        whose: what they are the weights of, such as "backbone 'ViT-B-16'".
        file: the weights.

    Raises:
        UserError: one isn't finite, or the file can't be read.
    """
    digest = hash_file(file.path)
    flaw = in_cache(lambda cache: _remembered(cache, digest))
    if flaw is None:
        flaw = next(_odd(file), "")
        in_cache(lambda cache: _remember(cache, digest, flaw))
    if flaw:
        raise not_finite(whose, flaw, file.path)


def not_finite(whose: str, weight: str, path: Path | None) -> UserError:
    """The refusal of weights, given one that isn't finite and the file, if there is one."""
    where = f" in {path}" if path else ""
    return UserError(
        f"{whose}: the weights{where} are damaged: {weight!r} has values that are not finite (NaN "
        f"or infinity). Get the file again, or name other weights."
    )


def odd_among(tensors: Mapping[str, Tensor]) -> Iterator[str]:
    """Names of the tensors that have such values."""
    import torch

    for name, tensor in tensors.items():
        kind, exponent = _EXPONENTS.get(_FORMATS.get(str(tensor.dtype), ""), ("", 0))
        if name.endswith(MASK) or not kind:
            continue
        if tensor.device.type != "cpu":
            odd = not bool(torch.isfinite(tensor).all())
        else:  # several times as fast
            numbers = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
            odd = _any_full(numbers.view(kind), exponent)
        if odd:
            yield name


def _odd(file: WeightsFile) -> Iterator[str]:
    """Names of the tensors in a file that have such values."""
    if file.kind == "safetensors":
        yield from _odd_in_safetensors(file.path)
    elif file.kind != "NumPy":
        yield from _odd_by_torch(file)


def _odd_in_safetensors(path: Path) -> Iterator[str]:
    for part in safetensors_parts(path):
        if part.format not in _EXPONENTS or part.name.endswith(MASK) or part.start == part.end:
            continue
        kind, exponent = _EXPONENTS[part.format]
        count = (part.end - part.start) // np.dtype(kind).itemsize
        numbers = np.memmap(path, kind, "r", offset=part.start, shape=(count,))
        if _any_full(numbers, exponent):
            yield part.name


def _any_full(numbers: NDArray[np.unsignedinteger], exponent: int) -> bool:
    mask = numbers.dtype.type(exponent)
    parts = (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))
    return any(bool(((part & mask) == mask).any()) for part in parts)


def _odd_by_torch(file: WeightsFile) -> Iterator[str]:
    from orchestrator.oracle.weights.reading import read_weights

    yield from odd_among(read_weights(file))


def _remembered(cache: sqlite3.Connection, digest: str) -> str | None:
    found = cache.execute("SELECT flaw FROM weights WHERE sha256 = ?", (digest,)).fetchone()
    return found[0] if found and isinstance(found[0], str) else None


def _remember(cache: sqlite3.Connection, digest: str, flaw: str) -> None:
    cache.execute("INSERT OR REPLACE INTO weights VALUES (?, ?)", (digest, flaw))
