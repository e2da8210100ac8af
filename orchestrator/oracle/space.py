"""The prompt space of a backbone, from its configuration alone, to check settings in a plan."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

from methods.interface import PromptSpace
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of

# Tokens besides the context in `[SOS] context name . [EOT]`, when no class name is at hand.
_UNKNOWN_NAME_TOKENS = 12
_OTHER_TOKENIZER = {"hf_tokenizer_name", "tokenizer_kwargs"}
_EMBEDDING_STD = 0.02  # CLIP's initialisation; the loaded oracle states the true one


def planned_space(backbone: ResolvedBackbone, class_names: tuple[str, ...]) -> PromptSpace:
    """Shapes of the prompts a backbone will accept for these classes, without its weights.

    There are no class names when the dataset isn't at hand.

    Raises:
        UserError: the backbone's text tower isn't open_clip's own.
    """
    text, vision = backbone.config["text_cfg"], backbone.config["vision_cfg"]
    if "hf_model_name" in text:
        raise UserError(
            f"backbone {backbone.label!r} has a Hugging Face text tower, which takes no soft "
            f"context. Use a CLIP model with open_clip's own text transformer."
        )
    limit = int(text.get("context_length", 77))
    is_transformer = isinstance(vision.get("layers"), int)
    pixels = preprocessing_of(backbone, "none")
    return PromptSpace(
        text_width=int(text.get("width", 512)),
        context_tokens=limit - _longest_name(backbone, class_names, limit),
        vision_width=int(vision.get("width", 768)) if is_transformer else 0,
        image_size=pixels.size,
        token_embedding_std=_EMBEDDING_STD,
        pixel_mean=pixels.mean,
        pixel_std=pixels.std,
    )


def _longest_name(backbone: ResolvedBackbone, class_names: tuple[str, ...], limit: int) -> int:
    if not class_names:
        return _UNKNOWN_NAME_TOKENS
    sentences = [f"{name}." for name in class_names]
    if not _OTHER_TOKENIZER.isdisjoint(backbone.config["text_cfg"]) or not backbone.vocabulary:
        from orchestrator.oracle.loading import load_tokenizer

        ids = load_tokenizer(backbone)(sentences)
        return int(ids.argmax(dim=-1).max()) + 1
    count = token_counter(backbone.vocabulary)
    return min(limit, max(map(count, sentences)) + len(("[SOS]", "[EOT]")))


@cache
def token_counter(vocabulary: Path) -> Callable[[str], int]:
    """Counts a text's tokens, without those that mark its start and end.

    It uses open_clip's tokenizer (byte-pair encoding, Radford et al., 2021), read by itself: an
    ordinary import would run open_clip's `__init__`, which takes seconds for its models.

    Args:
        vocabulary: gzipped file with one merge per line, the most frequent first, after a header.

    Raises:
        ImportError: open_clip is not installed, or keeps its tokenizer elsewhere.
    """
    package = find_spec("open_clip")
    folders = [] if package is None else list(package.submodule_search_locations or [])
    spec = spec_from_file_location("open_clip_tokenizer", Path(*folders[:1]) / "tokenizer.py")
    if not folders or spec is None or spec.loader is None:
        raise ImportError("open_clip is not installed as a package with a tokenizer.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    tokenizer = module.SimpleTokenizer(bpe_path=str(vocabulary))
    return lambda text: len(tokenizer.encode(text))
