"""Resolves, checks and loads the model behind the oracle, through open_clip."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import open_clip
import torch
from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model
from pydantic import BaseModel, ConfigDict
from torch import nn

from benchmarks.backbones import BACKBONES
from benchmarks.naming import did_you_mean
from benchmarks.preprocessing import Augmentation, Preprocessing
from orchestrator.errors import UserError
from orchestrator.precision import WEIGHTS, Precision, set_products

LOCAL = "local-dir:"
RANDOM = "random"
"""A `pretrained` value for untrained weights: for timing and tests, never for results."""


class Backbone(BaseModel):
    """Which model answers, as a spec names it.

    Attributes:
        model: a name from `benchmarks/backbones.py`, an open_clip model name, or
            `local-dir:<folder>` with an `open_clip_config.json`, weights, and optionally a
            `bpe.txt.gz` of its own.
        pretrained: open_clip tag, path of a checkpoint, or `random`; None takes what the model
            name brings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    pretrained: str | None = None


@dataclass(frozen=True)
class ResolvedBackbone:
    """A backbone that is known to open_clip and agrees with its weights.

    Attributes:
        label: the name the user gave.
        model: open_clip model name or `local-dir:<folder>`.
        pretrained: tag, path, `random`, or None.
        digest: fingerprint of the weights: the hash of a local file, or the name of a published
            tag, which never changes.
    """

    label: str
    model: str
    pretrained: str | None
    digest: str

    @property
    def config(self) -> dict[str, Any]:
        """open_clip's configuration of the model."""
        return dict(open_clip.get_model_config(self.model))

    @property
    def folder(self) -> Path | None:
        """The model's own folder, if it comes from one."""
        return Path(self.model.removeprefix(LOCAL)) if self.model.startswith(LOCAL) else None


def resolve_backbone(backbone: Backbone) -> ResolvedBackbone:
    """Checks a backbone against open_clip without loading weights.

    Raises:
        UserError: unknown model or tag, missing file, or weights of another activation.
    """
    named = BACKBONES.get(backbone.model)
    model = named.model if named else backbone.model
    pretrained = backbone.pretrained or (named.pretrained if named else None)
    if model.startswith(LOCAL):
        return _resolve_folder(backbone.model, model, pretrained)
    if model not in open_clip.list_models():
        raise UserError(_unknown_model(model))
    if pretrained is None:
        raise UserError(
            f"backbone {model!r} needs `pretrained`: an open_clip tag "
            f"({', '.join(list_pretrained_tags_by_model(model)) or 'none is published'}) "
            f"or the path of a checkpoint."
        )
    if pretrained == RANDOM:
        return ResolvedBackbone(backbone.model, model, RANDOM, f"random:{model}")
    tag = get_pretrained_cfg(model, pretrained)
    if tag:
        _check_activation(model, pretrained, tag)
        digest = f"tag:{model}/{pretrained}"
        return ResolvedBackbone(backbone.model, model, pretrained, digest)
    return ResolvedBackbone(backbone.model, model, pretrained, _hash_checkpoint(model, pretrained))


def load_model(backbone: ResolvedBackbone, precision: Precision, device: torch.device) -> nn.Module:
    """The open_clip model with its weights, in evaluation mode, without gradients.

    Raises:
        UserError: the weights can't be fetched or don't have the model's shapes.
    """
    set_products(precision)
    random = backbone.pretrained == RANDOM
    if random:
        torch.manual_seed(0)  # untrained weights that are the same on every actor
    try:
        with _quiet():
            model = open_clip.create_model(
                backbone.model,
                pretrained=None if random else backbone.pretrained,
                precision=WEIGHTS[precision],
                device=device,
                load_weights=not random,
            )
    except (RuntimeError, OSError, ValueError, KeyError, UnpicklingError) as error:
        raise UserError(
            f"can't load backbone {backbone.label!r} with weights "
            f"{backbone.pretrained or backbone.model!r}: {_first_lines(error)}"
        ) from None
    module: nn.Module = model
    return module.eval().requires_grad_(False)


def load_tokenizer(backbone: ResolvedBackbone) -> Any:
    """The model's tokenizer: a callable from strings to `(N, L)` token ids."""
    own_vocabulary = backbone.folder / "bpe.txt.gz" if backbone.folder else None
    if own_vocabulary is not None and own_vocabulary.is_file():
        return open_clip.get_tokenizer(backbone.model, bpe_path=str(own_vocabulary))
    return open_clip.get_tokenizer(backbone.model)


def preprocessing_of(backbone: ResolvedBackbone, augmentation: Augmentation) -> Preprocessing:
    """How images must be prepared for a backbone: its input size and normalisation."""
    stated: dict[str, Any] = {}
    if backbone.folder is not None:
        stated = _read_config(backbone.folder).get("preprocess_cfg", {})
    elif backbone.pretrained and backbone.pretrained != RANDOM:
        stated = get_pretrained_cfg(backbone.model, backbone.pretrained)
    size = backbone.config["vision_cfg"]["image_size"]
    return Preprocessing(
        size=int(size if isinstance(size, int) else size[0]),
        mean=tuple(stated.get("mean") or open_clip.OPENAI_DATASET_MEAN),
        std=tuple(stated.get("std") or open_clip.OPENAI_DATASET_STD),
        augmentation=augmentation,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without open_clip's remarks, which go to the root logger."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)


def _resolve_folder(label: str, model: str, pretrained: str | None) -> ResolvedBackbone:
    folder = Path(model.removeprefix(LOCAL))
    if pretrained is not None:
        raise UserError(
            f"backbone {label!r} brings its own weights: leave `pretrained` out "
            f"(got {pretrained!r})."
        )
    weights = sorted(folder.glob("open_clip_*model.*"))
    if not (folder / "open_clip_config.json").is_file() or not weights:
        raise UserError(
            f"backbone {label!r}: the folder {folder} needs open_clip_config.json and "
            f"open_clip_model.safetensors."
        )
    _read_config(folder)
    parts = [folder / "open_clip_config.json", *weights, *folder.glob("bpe.txt.gz")]
    return ResolvedBackbone(label, model, None, hash_files(parts))


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "open_clip_config.json"
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is not a readable open_clip configuration: {error}") from None


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


def hash_files(paths: list[Path]) -> str:
    """SHA-256 over the contents of files, in order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def _first_lines(error: Exception, count: int = 4) -> str:
    return "\n".join(str(error).splitlines()[:count])
