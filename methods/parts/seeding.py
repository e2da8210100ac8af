"""Random generators named by what they are for, so that no two uses share a stream."""

from __future__ import annotations

import hashlib

from methods.lazy_torch import torch


def generator(seed: int, *purpose: str | int) -> torch.Generator:
    """A CPU generator that depends on `seed` and `purpose` alone.

    It is on the CPU so that every device gets the same draws. With a generator for each step,
    instead of one for the whole trial, a trial can be resumed from its step number.

    Example:
        >>> torch.randn(2, generator=generator(1, "zip", "directions", 3)).shape
        torch.Size([2])
    """
    name = "/".join(str(part) for part in (seed, *purpose))
    digest = hashlib.sha256(name.encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
