"""Reads weights from a file with torch and puts them into a model; no code of the file is run."""

import warnings
from collections.abc import Mapping
from pickle import UnpicklingError
from typing import Any

import torch
from open_clip.convert import convert_state_dict, load_big_vision_weights
from open_clip.model import (
    convert_to_custom_text_state_dict,
    resize_pos_embed,
    resize_text_pos_embed,
)
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from orchestrator.errors import UserError, last_line
from orchestrator.oracle.weights.file import OPENAI_MARKS, WeightsFile, plain_names

_WRAPPERS = ("state_dict", "model_state_dict", "model", "module", "net")
"""Where training code puts a state dict among other things."""
_POSITION_IDS = "text.transformer.embeddings.position_ids"
"""Which Hugging Face's towers no longer have."""


def read_weights(file: WeightsFile, device: str = "cpu") -> dict[str, Tensor]:
    """All tensors, under the names of the model itself; on the device `meta`, only their shapes.

    Raises:
        UserError: the file is damaged, holds no tensors, or takes running code of its own.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _unwrapped(_read(file, device))
    except UnpicklingError as error:
        raise _unreadable(file, str(error)) from None
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, SafetensorError) as error:
        raise UserError(
            f"the weights file {file.path} can't be read, and may be cut short or damaged "
            f"({last_line(error)}). Download or copy it again."
        ) from None
    tensors = {
        name: value
        for name, value in found.items()
        if isinstance(name, str) and isinstance(value, Tensor)
    }
    if not tensors:
        entries = ", ".join(map(str, list(found)[:5])) or "nothing"
        raise UserError(
            f"{file.path} holds no state dict: expected tensors by name, or them under one of "
            f"{', '.join(_WRAPPERS)}, and found {entries}."
        )
    if device == "meta":
        tensors = {name: value.to(device) for name, value in tensors.items()}
    return plain_names(tensors)


def put_weights(model: Any, file: WeightsFile) -> bool:
    """Loads a file's weights into a model as open_clip's `load_checkpoint` does.

    Returns:
        Whether they are OpenAI's own.

    Raises:
        UserError: the file can't be read.
        RuntimeError: names or shapes don't fit.
    """
    if file.kind == "NumPy":
        load_big_vision_weights(model, str(file.path))
        return False
    found = read_weights(file)
    model.load_state_dict(fitted(model, found), strict=True)
    return found.keys() >= OPENAI_MARKS


def fitted(model: Any, found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights under a model's own names and with its numbers of positions, as open_clip fits them.

    Raises:
        RuntimeError: they can't be translated or interpolated.
    """
    state = {name: value for name, value in found.items() if name not in OPENAI_MARKS}
    state = convert_state_dict(model, state)
    if not hasattr(model, "text"):
        state = {name.removeprefix("text."): value for name, value in state.items()}
    elif "positional_embedding" in state:
        state = convert_to_custom_text_state_dict(state)
    if not hasattr(model, _POSITION_IDS):
        state.pop(_POSITION_IDS, None)
    for name in _computed(model):
        state.pop(name, None)
    _put_scalars(model, state)
    resize_pos_embed(state, model)
    resize_text_pos_embed(state, model)
    return state


def _computed(model: Any) -> set[str]:
    """Names of what a model makes for itself, such as masks, which archives hold all the same."""
    buffers: set[str] = {name for name, _ in model.named_buffers()} - set(model.state_dict())
    return buffers | {name.removeprefix("text.") for name in buffers}


def _put_scalars(model: Any, state: dict[str, Tensor]) -> None:
    """Scale and bias as numbers or as vectors of one, as the model has them."""
    for name in ("logit_scale", "logit_bias"):
        own = getattr(model, name, None)
        if own is not None and name in state:
            state[name] = state[name].reshape(own.shape)
        elif own is not None and name == "logit_bias":
            state[name] = torch.zeros_like(own)


def _read(file: WeightsFile, device: str) -> Any:
    path = str(file.path)
    if file.kind == "safetensors":
        return load_file(path)
    if file.kind == "TorchScript":
        return torch.jit.load(path, map_location="cpu").state_dict()  # it fails on `meta`
    whole = file.kind == "torch, old format"
    return torch.load(path, map_location=device, weights_only=True, mmap=not whole)


def _unwrapped(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        return {type(found).__name__: found} if not isinstance(found, Tensor) else {"tensor": None}
    named = (found[name] for name in _WRAPPERS if isinstance(found.get(name), Mapping))
    inner = next(named, None) or _only_holder(found)
    return found if inner is None else _unwrapped(inner)


def _only_holder(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The one entry that has tensors of its own, and more than stand beside it; None if unclear."""
    entries = [value for value in found.values() if isinstance(value, Mapping) and _tensors(value)]
    sole = len(entries) == 1 and _tensors(entries[0]) > _tensors(found)
    return entries[0] if sole else None


def _tensors(found: Mapping[str, Any]) -> int:
    return sum(isinstance(value, Tensor) for value in found.values())


def _unreadable(file: WeightsFile, error: str) -> UserError:
    if "GLOBAL" in error or "Unsupported" in error or "unsupported" in error:
        return UserError(
            f"{file.path} holds more than tensors: reading it would run code from the file, which "
            f"isn't done. Save the weights alone, with torch.save(model.state_dict(), ...) or as "
            f"safetensors."
        )
    return UserError(
        f"the weights file {file.path} can't be read, and may be cut short or damaged. Download or "
        f"copy it again."
    )
