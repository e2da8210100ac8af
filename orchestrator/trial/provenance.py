"""The hardware and software on which a trace was made."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import torch

_PACKAGES = ("querycurve", "torch", "open_clip_torch", "numpy", "ray")


def provenance(device: torch.device, backbone: str, *, compiled: bool) -> dict[str, Any]:
    """Host, hardware and versions, as they are stored in a trace.

    Args:
        device: the device of the model.
        backbone: the model's name in reports.
        compiled: whether its towers are compiled, which changes its speed.
    """
    gpu = torch.cuda.get_device_name() if device.type == "cuda" else ""
    return {
        "host": platform.node(),
        "machine": gpu or f"{platform.machine()} CPU, {torch.get_num_threads()} threads",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "backbone": backbone,
        "towers": "compiled" if compiled else "as written",
    }
