"""Puts the shapes of weights into a model without memory, as loading will put the weights."""

from collections.abc import Mapping

import open_clip
import torch
from torch import Tensor

from orchestrator.errors import last_line
from orchestrator.oracle.overhearing import overhearing
from orchestrator.oracle.weights.reading import fitted

_FAILURES = (RuntimeError, ValueError, AssertionError, IndexError, KeyError, AttributeError)
"""What open_clip raises where weights can't be translated or interpolated."""


def misfit_in(model_name: str, found: Mapping[str, Tensor]) -> str:
    """Why weights don't fit a published model, whatever its towers; empty if they do.

    Args:
        model_name: open_clip's name of the model.
        found: the weights, on the device `meta`, under the names of the model itself.
    """
    with overhearing(), torch.device("meta"):
        model = open_clip.create_model(
            model_name, load_weights=False, device="meta", pretrained_text=False
        )
        try:
            state = fitted(model, found)
        except _FAILURES as error:
            return f"they can't be fitted to it ({last_line(error)})"
    own = model.state_dict()
    return (
        _named("they lack", own.keys() - state.keys())
        or _named("the model has no", state.keys() - own.keys())
        or _named("another shape has", {n for n in own if state[n].shape != own[n].shape})
        or _named(
            "there are only whole numbers in", {n for n in own if _is_whole(state[n], own[n])}
        )
    )


def _named(what: str, names: set[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{what} {min(names)!r}{more}"


def _is_whole(found: Tensor, own: Tensor) -> bool:
    return own.is_floating_point() and not found.is_floating_point()
