"""Resolves and checks the model behind the oracle, without its weights.

open_clip is never imported here: it takes seconds, and what gives cells to others needs none of it.
A folder's own configuration is read as it is.
"""

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from benchmarks.backbones import BACKBONES
from benchmarks.frozen import Frozen
from benchmarks.naming import did_you_mean
from benchmarks.preprocessing import Augmentation, Preprocessing
from orchestrator.errors import UserError
from orchestrator.oracle.given_files import given_path, hash_file, hash_files
from orchestrator.oracle.model_folder import (
    CONFIG,
    check_config,
    files_of,
    read_config,
    weights_in,
)
from orchestrator.oracle.open_clip_lists import config_of, models, tags_of, weights_of
from orchestrator.oracle.preprocess_config import read_preprocessing
from orchestrator.oracle.published import (
    check_activation,
    file_digest,
    spelt_as_published,
)
from orchestrator.oracle.remote.adapters.file import AdapterFile, read_adapter
from orchestrator.oracle.remote.description import Capabilities
from orchestrator.oracle.remote.http.address import check_address

LOCAL = "local-dir:"
SERVICE = "service:"
"""How the model of a remote backbone begins, and its digest."""
_IMAGE_SIZE = 224
"""Pixels that open_clip's towers take where a configuration says nothing."""
RANDOM = "random"
"""A `pretrained` value for untrained weights: for timing and tests, never for results."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_TOKEN = "QUERYCURVE_SERVICE_TOKEN"


def _is_none(value: Any) -> bool:
    return value is None


class Backbone(Frozen):
    """Which model answers. In YAML: its name alone, or a mapping.

    Attributes:
        model: a name from `benchmarks/backbones.py`, an open_clip model name, or
            `local-dir:<folder>` with an `open_clip_config.json`, weights, and optionally a
            `bpe.txt.gz` of its own.
        pretrained: open_clip tag, path of a checkpoint (in a format of `weights/file.py`), or
            `random`; None takes what the model name brings.
        service: `http://` or `https://` address of a service that offers the model, which isn't
            loaded here then; `model` is the service's name of it.
        adapter: a file that says how some other HTTP interface is asked: YAML, or Python; or the
            name of one that comes with the project. `service` is its address, if the file leaves
            that open.
        requests_per_minute: the most requests for scores that a run may send in a minute; the
            service's own limit holds too.
        in_flight: the most requests that a run may have under way at once.
        timeout: seconds to wait for an answer.
        token_from: environment variable that holds the service's token.
    """

    model: str
    pretrained: str | None = None
    service: str | None = Field(default=None, exclude_if=_is_none)
    adapter: str | None = Field(default=None, exclude_if=_is_none)
    requests_per_minute: Annotated[float, Field(gt=0)] | None = Field(
        default=None, exclude_if=_is_none
    )
    in_flight: int = Field(default=8, ge=1, le=1000, exclude_if=lambda value: value == 8)
    timeout: float = Field(default=120.0, gt=0, le=3600, exclude_if=lambda value: value == 120)
    token_from: str = Field(default=_TOKEN, exclude_if=lambda value: value == _TOKEN)
    _file: AdapterFile | None = PrivateAttr(default=None)

    @property
    def remote(self) -> bool:
        """Whether the model isn't loaded here, but asked over HTTP."""
        return self.service is not None or self.adapter is not None

    @property
    def file(self) -> AdapterFile | None:
        """The adapter's file as `with_file` has read it, wherever this is sent; None before."""
        return self._file

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that whoever asks the service needs, each once."""
        named = () if self._file is None else self._file.variables
        return tuple(dict.fromkeys((self.token_from, *named)))

    def with_file(self) -> Self:
        """The same with the adapter's file, if there is one, so that all processes have it alike.

        Raises:
            UserError: it can't be read.
        """
        if self.adapter is None:
            return self
        known = self.model_copy()
        known._file = read_adapter(self.adapter)
        return known

    def __str__(self) -> str:
        """The model, with its weights if they are given; never where a service is."""
        return " ".join(filter(None, (self.model, self.pretrained)))

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"model": value} if isinstance(value, str) else value

    @field_validator("service")
    @classmethod
    def _sound_address(cls, value: str | None) -> str | None:
        return None if value is None else check_address(value)

    @field_validator("token_from")
    @classmethod
    def _names_a_variable(cls, value: str) -> str:
        if not _VARIABLE.fullmatch(value):
            raise ValueError(
                "expected the name of the environment variable that holds the service's token, "
                "such as QUERYCURVE_SERVICE_TOKEN; the token itself belongs in no spec"
            )
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.remote and self.pretrained is not None:
            raise ValueError(
                f"a service has its own weights: leave `pretrained` out, got {self.pretrained!r}"
            )
        if self.remote:
            return self
        for name in ("requests_per_minute", "in_flight", "timeout", "token_from"):
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(
                    f"{name} says how a service is asked: give a `service` or an `adapter` with it"
                )
        return self


@dataclass(frozen=True)
class RemoteModel:
    """A model behind an HTTP interface.

    Attributes:
        backbone: where it is, and how it may be asked.
        capabilities: what it said of itself when the plan was made.
    """

    backbone: Backbone
    capabilities: Capabilities


@dataclass(frozen=True)
class ResolvedBackbone:
    """A backbone that is known to open_clip and agrees with its weights, or is a service's.

    Attributes:
        label: the name the user gave.
        model: open_clip model name, `local-dir:<folder>`, or `service:<name>`.
        pretrained: tag, path, `random`, or None.
        digest: fingerprint of the model with its weights: the hash of a local file and the name of
            the model that reads it, the hash of a folder, or the name of a published tag, which
            never changes. Of a service, its own fingerprint.
        remote: how the model is asked over HTTP, and what it can do; None for one that is loaded.
    """

    label: str
    model: str
    pretrained: str | None
    digest: str
    remote: RemoteModel | None = None

    @property
    def config(self) -> dict[str, Any]:
        """open_clip's configuration of the model.

        Raises:
            UserError: the configuration in the model's folder can't be read.
        """
        if self.folder is not None:
            stated = read_config(self.folder)
            return dict(stated.get("model_cfg", stated))
        return config_of(self.model)

    @property
    def folder(self) -> Path | None:
        """The model's own folder, if it comes from one."""
        return Path(self.model.removeprefix(LOCAL)) if self.model.startswith(LOCAL) else None

    @property
    def weights(self) -> Path | None:
        """The file that holds the weights; None if they are published or random."""
        if self.folder is not None:
            return weights_in(self.folder)
        published = self.pretrained in (None, RANDOM) or self.digest.startswith("tag:")
        return None if published else Path(str(self.pretrained))

    @property
    def vocabulary(self) -> Path | None:
        """The tokenizer's own merges, if the model's folder brings them."""
        path = self.folder / "bpe.txt.gz" if self.folder else None
        return path if path is not None and path.is_file() else None


def resolve_backbone(backbone: Backbone) -> ResolvedBackbone:
    """Checks a backbone against open_clip without loading weights; of a service, asks it.

    Raises:
        UserError: unknown model or tag, missing file, weights of another activation, or a service
            that doesn't answer.
    """
    if backbone.remote:
        from orchestrator.oracle.remote.resolving import resolve_remote

        return resolve_remote(backbone)
    named = BACKBONES.get(backbone.model)
    model = named.model if named else backbone.model
    pretrained = backbone.pretrained or (named.pretrained if named else None)
    if model.startswith(f"{LOCAL}~") and (folder := given_path(model.removeprefix(LOCAL))):
        model = f"{LOCAL}{folder}"
    if model.startswith(LOCAL):
        return _resolve_folder(backbone.model, model, pretrained)
    return _resolve_published(backbone.model, model, pretrained)


def preprocessing_of(backbone: ResolvedBackbone, augmentation: Augmentation) -> Preprocessing:
    """How images must be prepared for a backbone, as open_clip prepares them to test it.

    A folder brings its own configuration, a tag that of its weights, and a service says it.
    Untrained weights and those of a checkpoint file get CLIP's, for open_clip knows no other.

    Raises:
        UserError: the configuration in the model's folder can't be read or used.
    """
    if backbone.remote is not None:
        told = backbone.remote.capabilities.images.preprocessing
        return replace(told, augmentation=augmentation)
    stated: Any = None
    if backbone.folder is not None:
        stated = read_config(backbone.folder).get("preprocess_cfg")
    elif backbone.pretrained and backbone.pretrained != RANDOM:
        stated = weights_of(backbone.model, backbone.pretrained)
    size = backbone.config["vision_cfg"].get("image_size", _IMAGE_SIZE)
    return read_preprocessing(stated, size, backbone.label, augmentation)


def _resolve_folder(label: str, model: str, pretrained: str | None) -> ResolvedBackbone:
    folder = Path(model.removeprefix(LOCAL))
    if pretrained is not None:
        raise UserError(
            f"backbone {label!r} brings its own weights: leave `pretrained` out "
            f"(got {pretrained!r})."
        )
    loaded = weights_in(folder)
    if not (folder / CONFIG).is_file() or loaded is None:
        raise UserError(
            f"backbone {label!r}: the folder {folder} needs open_clip_config.json and "
            f"open_clip_model.safetensors."
        )
    check_config(folder)
    return ResolvedBackbone(label, model, None, hash_files(files_of(folder, loaded)))


def _resolve_published(label: str, model: str, pretrained: str | None) -> ResolvedBackbone:
    if model not in models():
        near = get_close_matches(model, [*BACKBONES, *models()], n=3, cutoff=0.5)
        raise UserError(f"unknown backbone {model!r}. {did_you_mean(model, near or BACKBONES)}")
    tags = tags_of(model)
    if pretrained is None:
        raise UserError(
            f"backbone {model!r} needs `pretrained`: an open_clip tag "
            f"({', '.join(tags) or 'none is published'}) or the path of a checkpoint."
        )
    if pretrained == RANDOM:
        digest = f"random:{model}"
    elif tag := weights_of(model, pretrained):
        check_activation(model, pretrained, quick=bool(tag.get("quick_gelu", False)))
        digest = f"tag:{model}/{spelt_as_published(pretrained, tags)}"
    elif (path := given_path(pretrained)) and path.is_file():
        pretrained, digest = str(path), file_digest(hash_file(path), model)
    elif path and path.is_dir():
        raise UserError(
            f"backbone {model!r}: {pretrained!r} is a folder. Give the path of the weights in it, "
            f"or `model: local-dir:{path}` if it has an open_clip_config.json."
        )
    else:
        raise UserError(
            f"backbone {model!r}: {pretrained!r} is neither a tag of this model nor a file. "
            f"{did_you_mean(pretrained, tags) if tags else 'No tag is published.'}"
        )
    return ResolvedBackbone(label, model, pretrained, digest)
