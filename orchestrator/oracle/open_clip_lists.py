"""What open_clip says of its models, read from its files: to import it takes seconds and torch.

Its configurations are JSON. Its list of weights is data that are written as Python, which is read
and never run. Where that fails, as another release may have laid it out otherwise, open_clip is
imported.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from copy import deepcopy
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orchestrator.oracle.plain_python import stated_in

_NEEDED = {"embed_dim", "vision_cfg", "text_cfg"}
"""What open_clip takes for a configuration of a model."""


def models() -> list[str]:
    """Names of all models that open_clip has a configuration of."""
    if _is_imported():
        import open_clip

        return list(open_clip.list_models())
    return list(_read_configs(_folder()))


def config_of(model: str) -> dict[str, Any]:
    """open_clip's configuration of one of its models."""
    if _is_imported():
        import open_clip

        return dict(open_clip.get_model_config(model))
    return deepcopy(_read_configs(_folder())[model])


def tags_of(model: str) -> list[str]:
    """The tags of all weights that open_clip publishes for a model."""
    return list(_weights_by_tag(model))


def weights_of(model: str, tag: str) -> dict[str, Any]:
    """What open_clip says of published weights; empty if it doesn't know them."""
    return deepcopy(_weights_by_tag(model).get(tag.lower().replace("-", "_"), {}))


def _weights_by_tag(model: str) -> dict[str, dict[str, Any]]:
    if not _is_imported():
        with suppress(Exception):  # whatever another release has there
            return _read_weights(_folder()).get(model, {})
    from open_clip import pretrained

    tags = pretrained.list_pretrained_tags_by_model(model)
    return {tag: pretrained.get_pretrained_cfg(model, tag) for tag in tags}


def _is_imported() -> bool:
    """Whether reading its files would save nothing; others may have told it of more models."""
    return "open_clip" in sys.modules


@cache
def _read_configs(folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted((folder / "model_configs").glob("*.json")):
        config = json.loads(path.read_text(encoding="utf-8"))
        if config.keys() >= _NEEDED:
            found[path.stem] = config
    return found


@cache
def _read_weights(folder: Path) -> dict[str, dict[str, Any]]:
    """Weights by model and tag, as open_clip's list has them.

    Raises:
        KeyError: it is laid out otherwise than is known here.
    """
    constants = stated_in((folder / "constants.py").read_bytes(), {})
    listed = stated_in((folder / "pretrained.py").read_bytes(), constants)["_PRETRAINED"]
    found = dict(listed)
    for model, weights in listed.items():  # which open_clip adds in a loop
        quick = {tag: told for tag, told in weights.items() if told.get("quick_gelu")}
        if quick:
            found[f"{model}-quickgelu"] = quick
    return found


def _folder() -> Path:
    spec = find_spec("open_clip")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("open_clip is not installed", name="open_clip")
    return Path(spec.submodule_search_locations[0])
