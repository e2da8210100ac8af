"""A model in a folder of its own: its configuration, its weights, and what else belongs to it."""

import json
from pathlib import Path
from typing import Any

from orchestrator.errors import UserError

CONFIG = "open_clip_config.json"
"""Name of the file with a model's configuration."""

_SIZES = frozenset({"width", "layers", "heads", "patch_size", "context_length", "vocab_size"})
_SUFFIXES = (".safetensors", ".bin", ".pth")
_TOKENIZER_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
)
"""What `transformers` reads a tokenizer from."""
_PREFERRED = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth",
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.pth",
    "model.pth",
)


def weights_in(folder: Path) -> Path | None:
    """The file that open_clip would load, by its own order of preference; None if there is none."""
    found = sorted(path for suffix in _SUFFIXES for path in folder.glob(f"*{suffix}"))
    found.sort(key=lambda path: path.suffix != _SUFFIXES[0])
    preferred = [path for name in _PREFERRED for path in found if path.name == name]
    return next(iter([*preferred, *found]), None)


def files_of(folder: Path, weights: Path) -> list[Path]:
    """The files on which the model depends, in a fixed order.

    Args:
        folder: the model's.
        weights: the file that is loaded.

    Raises:
        UserError: the configuration can't be read.
    """
    loaded = dict.fromkeys([*sorted(folder.glob("open_clip_*model.*")), weights])
    parts = [folder / CONFIG, *loaded, *folder.glob("bpe.txt.gz")]
    if read_config(folder)["model_cfg"]["text_cfg"].get("hf_tokenizer_name"):
        parts += sorted({path for name in _TOKENIZER_FILES for path in folder.glob(name)})
    return parts


def check_config(folder: Path) -> None:
    """Refuses a configuration without what every model needs.

    Raises:
        UserError: says what is missing, or of another kind.
    """
    path = folder / CONFIG
    model = read_config(folder).get("model_cfg")
    if not isinstance(model, dict):
        raise UserError(
            f"{path} needs a mapping `model_cfg`, open_clip's configuration of a model."
        )
    if not isinstance(model.get("embed_dim"), int):
        got = model.get("embed_dim")
        raise UserError(f"{path}: `embed_dim` in model_cfg must be a whole number, but is {got!r}.")
    for tower in ("vision_cfg", "text_cfg"):
        if not isinstance(model.get(tower), dict):
            raise UserError(f"{path}: model_cfg needs a mapping `{tower}`.")
        for name in _SIZES & model[tower].keys():
            if not isinstance(model[tower][name], int | list):
                raise UserError(
                    f"{path}: `{name}` in {tower} must be a whole number, but is "
                    f"{model[tower][name]!r}."
                )


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration in a model's folder.

    Raises:
        UserError: it can't be read.
    """
    path = folder / CONFIG
    try:
        return dict(json.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise UserError(f"{path} is not a readable open_clip configuration: {error}") from None
