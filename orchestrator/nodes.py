"""What the nodes of a cluster have room for, and whether one was lost."""

from __future__ import annotations

import ray
from ray.exceptions import RayError


def room_for(cpus: float, gpus: float) -> int:
    """How many actors of this size fit on the nodes that are alive, whatever runs there now."""
    return sum(_fit(node["Resources"], cpus, gpus) for node in ray.nodes() if node["Alive"])


def node_lost(node: str, error: RayError) -> bool:
    """Whether an actor died with its node, or was preempted, rather than by itself.

    Args:
        node: id of the actor's node.
        error: what its last task ended with.
    """
    if getattr(error, "preempted", False):
        return True
    return not any(entry["NodeID"] == node and entry["Alive"] for entry in ray.nodes())


def _fit(resources: dict[str, float], cpus: float, gpus: float) -> int:
    asked = {"CPU": cpus, "GPU": gpus}
    return min(
        (int(resources.get(name, 0) / amount + 1e-9) for name, amount in asked.items() if amount),
        default=1,
    )
