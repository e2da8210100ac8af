"""Prompts as tensors by name and texts, without the method that made them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from benchmarks.frozen import Frozen
from methods.prompts import DeepPrompts, Ensemble, Prompts

if TYPE_CHECKING:
    from torch import Tensor

_CONTEXT, _VISUAL = "context", "visual_tokens"
_DEEP_TEXT, _DEEP_VISUAL = "deep.text", "deep.visual"


class Texts(Frozen):
    """The hand-written texts of K prompts.

    Attributes:
        templates: the same for all K, averaged; empty if there are none.
        ensembles: those of each of the K; empty if there are none.
    """

    templates: tuple[str, ...] = ()
    ensembles: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, prompts: Prompts) -> Texts:
        """The texts of some prompts."""
        each = tuple(one.templates for one in prompts.ensembles or ())
        return cls(templates=prompts.templates or (), ensembles=each)


def tensors_of(prompts: Prompts) -> dict[str, Tensor]:
    """All of some prompts that are tensors, by name; what changes pixels is a program, and isn't.

    `context` is `(K, T, D)`, `visual_tokens` `(K, V, W)`, `deep.text` `(K, L - 1, T, D)`,
    `deep.visual` `(K, L' - 1, V, W)`, and `ensembles.0.weights` `(P, C)` for the first of K.
    """
    deep = prompts.deep or DeepPrompts()
    found = {
        _CONTEXT: prompts.context,
        _VISUAL: prompts.visual_tokens,
        _DEEP_TEXT: deep.text,
        _DEEP_VISUAL: deep.visual,
        **{_weights(at): one.weights for at, one in enumerate(prompts.ensembles or ())},
    }
    known = ((name, tensor) for name, tensor in found.items() if tensor is not None)
    return {name: tensor.detach().cpu().clone() for name, tensor in known}


def prompts_of(tensors: Mapping[str, Tensor], texts: Texts) -> Prompts:
    """The prompts that `tensors_of` and `Texts.of` were told, but for what changes pixels."""
    each = (Ensemble(one, tensors.get(_weights(at))) for at, one in enumerate(texts.ensembles))
    text, visual = tensors.get(_DEEP_TEXT), tensors.get(_DEEP_VISUAL)
    return Prompts(
        context=tensors.get(_CONTEXT),
        templates=texts.templates or None,
        visual_tokens=tensors.get(_VISUAL),
        ensembles=tuple(each) or None,
        deep=None if text is None and visual is None else DeepPrompts(text, visual),
    )


def _weights(number: int) -> str:
    return f"ensembles.{number}.weights"
