"""What a backbone's two towers cost on a machine, so that a plan can be priced."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from orchestrator.oracle.backbone import ResolvedBackbone
from orchestrator.precision import Precision


@dataclass(frozen=True)
class TowerCosts:
    """Times on one machine with the threads of one actor.

    Attributes:
        machine: the GPU or CPU that was timed.
        per_image: seconds to encode one image.
        per_sequence: seconds to encode one class with a soft context of 8 tokens.
    """

    machine: str
    per_image: float
    per_sequence: float

    def as_dict(self) -> dict[str, float | str]:
        """The costs as plain values."""
        return asdict(self)


def machine_name(threads: int) -> str:
    """Name of what is timed: the GPU, or the CPU with its number of threads."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"CPU with {threads} thread{'s' if threads > 1 else ''}"


def calibration_name(backbone: ResolvedBackbone, precision: Precision, threads: int) -> str:
    """File name under which the costs of a backbone on this kind of machine are kept."""
    text = f"{backbone.label}-{precision}-{machine_name(threads)}"
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-").lower()
