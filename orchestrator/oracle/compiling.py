"""Compiles what the towers compute in every query, where a GPU gains by it."""

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
from torch.utils import _pytree

from orchestrator.errors import UserError

Compute = TypeVar("Compute", bound=Callable[..., Any])

_BUILDERS = ("gcc", "clang", "cc")

_VARIANTS = 64
"""Most shapes and class sets that a process compiles one computation for; later ones run plain."""


class Compiler(Protocol):
    """Makes a faster computation of the same values, up to float error."""

    def __call__(self, compute: Compute) -> Compute:
        """The computation to call in its place."""


def as_written(compute: Compute) -> Compute:
    """Compiles nothing."""
    return compute


def compiler_for(device: torch.device, *, wanted: bool) -> Compiler:
    """`torch.compile` with CUDA graphs if it is wanted and the device is a GPU, else `as_written`.

    Raises:
        UserError: this host has no C compiler, which `torch.compile` needs.
    """
    if not wanted or device.type != "cuda":
        return as_written
    if not os.environ.get("CC") and not any(shutil.which(name) for name in _BUILDERS):
        raise UserError(
            f"--compile needs a C compiler on every host with a GPU, and {platform.node()} has "
            f"none. Install gcc there, or leave --compile out."
        )
    return TorchCompiler()


@dataclass(frozen=True)
class TorchCompiler:
    """`torch.compile`.

    The first call with new shapes is slow. Objects of one class share what was compiled, so the
    next trial on the same classes finds it.

    Attributes:
        backend: of `torch.compile`.
        mode: its mode; `reduce-overhead` makes CUDA graphs of kernels whose shapes recur.
    """

    backend: str | Callable[..., Any] = "inductor"
    mode: str | None = "reduce-overhead"

    def __call__(self, compute: Compute) -> Compute:
        """The compiled computation; its answers are copies, as CUDA graphs overwrite theirs."""
        compile_: Any = torch.compile  # its type hints lack `recompile_limit`
        compiled = compile_(
            compute, backend=self.backend, mode=self.mode, recompile_limit=_VARIANTS
        )

        def computed(*arguments: Any) -> Any:
            return _pytree.tree_map(torch.clone, compiled(*arguments))

        return computed  # type: ignore[return-value]
