"""Checks the models and weights that open_clip knows by name."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import open_clip
from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

from benchmarks.backbones import BACKBONES
from benchmarks.naming import did_you_mean
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import RANDOM, ResolvedBackbone, hash_files


def resolve_published(label: str, model: str, pretrained: str | None) -> ResolvedBackbone:
    """Checks a model that open_clip knows by name, without loading weights.

    Args:
        label: the name the user gave.
        model: open_clip's name.
        pretrained: tag, path, `random`, or None.

    Raises:
        UserError: unknown model or tag, missing file, or weights of another activation.
    """
    if model not in open_clip.list_models():
        raise UserError(_unknown_model(model))
    if pretrained is None:
        raise UserError(
            f"backbone {model!r} needs `pretrained`: an open_clip tag "
            f"({', '.join(list_pretrained_tags_by_model(model)) or 'none is published'}) "
            f"or the path of a checkpoint."
        )
    if pretrained == RANDOM:
        return ResolvedBackbone(label, model, RANDOM, f"random:{model}")
    tag = get_pretrained_cfg(model, pretrained)
    if tag:
        _check_activation(model, pretrained, tag)
        digest = f"tag:{model}/{pretrained}"
        return ResolvedBackbone(label, model, pretrained, digest)
    return ResolvedBackbone(label, model, pretrained, _hash_checkpoint(model, pretrained))


def _unknown_model(model: str) -> str:
    known = [*BACKBONES, *open_clip.list_models()]
    near = get_close_matches(model, known, n=3, cutoff=0.5)
    return f"unknown backbone {model!r}. {did_you_mean(model, near or BACKBONES)}"


def _check_activation(model: str, pretrained: str, tag: dict[str, Any]) -> None:
    trained_quick = bool(tag.get("quick_gelu", False))
    builds_quick = bool(open_clip.get_model_config(model).get("quick_gelu", False))
    if trained_quick == builds_quick:
        return
    right = f"{model}-quickgelu" if trained_quick else model.removesuffix("-quickgelu")
    raise UserError(
        f"backbone {model!r} with weights {pretrained!r}: these weights were trained with "
        f"{'QuickGELU' if trained_quick else 'GELU'}, this model uses "
        f"{'QuickGELU' if builds_quick else 'GELU'}. Use model {right!r}."
    )


def _hash_checkpoint(model: str, pretrained: str) -> str:
    path = Path(pretrained).expanduser()
    if path.is_file():
        return hash_files([path])
    tags = list_pretrained_tags_by_model(model)
    raise UserError(
        f"backbone {model!r}: {pretrained!r} is neither a tag of this model nor a file. "
        f"{did_you_mean(pretrained, tags)}"
    )
