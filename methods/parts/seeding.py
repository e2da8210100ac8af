"""Random generators named by what they are for, so that no two uses share a stream."""

from __future__ import annotations

import hashlib

import torch


def generator(seed: int, *purpose: str | int) -> torch.Generator:
    """A CPU generator that depends on `seed` and `purpose` alone.

    Draws on the CPU are the same on every device. A generator for each step, instead of one for
    the whole trial, makes a trial resumable from its step number.
    """
    name = "/".join(str(part) for part in (seed, *purpose))
    digest = hashlib.sha256(name.encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
