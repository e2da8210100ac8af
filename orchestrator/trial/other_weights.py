"""Says that a host has other weights than those that were planned."""

import platform

from orchestrator.errors import UserError


class OtherWeights(UserError):
    """The weights of a model on this host are not those that were planned."""


def other_weights(what: str) -> OtherWeights:
    """The error that names what is other, and the host."""
    return OtherWeights(
        f"{what} on {platform.node()} are not those that were planned. Give every node the same "
        f"files; if they were changed since, start the run again."
    )
