"""Whether weights fit an open_clip configuration, by the shapes that follow from it."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from orchestrator.oracle.weights.file import OPENAI_MARKS, Shapes

_ANY = -1
"""Positions may be of another number: they are interpolated."""
_HUGGING_FACE = ("vision_model.", "text_model.")
_TIMM = "visual.trunk."
_CONVERTED = "image_encoder."
"""Apple's own names of MobileCLIP, which open_clip translates."""
_PARTS = frozenset(
    {
        *("visual", "text", "text_decoder", "transformer", "token_embedding"),
        *("positional_embedding", "ln_final", "text_projection", "logit_scale", "logit_bias"),
        "attn_mask",
    }
)
"""How names begin in open_clip's models of all kinds."""
_WHOLE = ("I", "U", "BOOL")
"""How safetensors' formats of whole numbers begin."""


def first_misfit(config: Mapping[str, Any], shapes: Shapes) -> str:
    """What is wrong first with weights for a model; empty if nothing is seen.

    What depends on another library, as timm's image towers do, is not looked at.

    Args:
        config: open_clip's configuration of the model.
        shapes: of the weights, by name.
    """
    if any(name.startswith(_HUGGING_FACE) for name in shapes):
        return "they have the names of Hugging Face's CLIPModel, not open_clip's"
    if _has_any(shapes, _CONVERTED):
        return ""
    found = {name.removeprefix("text."): shape for name, shape in shapes.items()}
    return next(chain(_misfits(config, found), _unknown(shapes)), "")


def whole_numbers(config: Mapping[str, Any], formats: Mapping[str, str]) -> str:
    """Says which weight is stored as whole numbers, which a model would round; empty for none.

    Args:
        config: open_clip's configuration of the model.
        formats: safetensors' names of formats, by name of the weight.
    """
    found = {name.removeprefix("text."): kind for name, kind in formats.items()}
    whole = (name for name, _ in _expected(config) if found.get(name, "").startswith(_WHOLE))
    first = next(whole, "")
    return f"there are only whole numbers in {first!r}" if first else ""


def _unknown(shapes: Shapes) -> Iterator[str]:
    for name in shapes:
        if name.partition(".")[0] not in _PARTS | OPENAI_MARKS:
            yield f"the model has no {name!r}"


def _misfits(config: Mapping[str, Any], found: Shapes) -> Iterator[str]:
    for name, expected in _expected(config):
        if name not in found:
            yield f"they lack {name!r}"
        elif not _agree(found[name], expected):
            yield f"their {name!r} is {_shown(found[name])}, the model's is {_shown(expected)}"
    if config["vision_cfg"].get("timm_model_name") and not _has_any(found, _TIMM):
        yield f"they have nothing under {_TIMM!r}, where the model has an image tower of timm's"
    for prefix, tower, layers in _depths(config):
        deepest = _blocks(found, prefix)
        if deepest > layers:
            yield f"their {tower} tower has {deepest} blocks, the model's has {layers}"
    if "logit_scale" not in found:
        yield "they lack 'logit_scale'"


def _has_any(shapes: Shapes, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in shapes)


def _expected(config: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    embed, text, vision = int(config["embed_dim"]), config["text_cfg"], config["vision_cfg"]
    if not vision.get("timm_model_name"):
        yield from _of_image_tower(vision, embed)
    if not text.get("hf_model_name"):
        yield from _of_text_tower(text, embed)


def _of_text_tower(text: Mapping[str, Any], embed: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    width = int(text.get("width", 512))
    yield "token_embedding.weight", (int(text.get("vocab_size", 49408)), width)
    yield "positional_embedding", (_ANY, width)
    yield from _of_blocks("transformer.resblocks", text, width)
    yield "ln_final.weight", (width,)
    yield "ln_final.bias", (width,)
    if text.get("proj_type", "linear") == "none":
        return
    if text.get("proj_bias"):
        yield "text_projection.weight", (embed, width)
    else:
        yield "text_projection", (width, embed)


def _of_image_tower(vision: Mapping[str, Any], embed: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    width = int(vision.get("width", 64 if _is_residual(vision) else 768))
    if _is_residual(vision):
        yield "visual.conv1.weight", (width // 2, 3, 3, 3)
        for stage, blocks in enumerate(vision["layers"], 1):
            inner = width * 2 ** (stage - 1)
            yield f"visual.layer{stage}.{blocks - 1}.conv2.weight", (inner, inner, 3, 3)
        yield "visual.attnpool.c_proj.weight", (embed, 32 * width)
        return
    patch = _pair(vision.get("patch_size", 16))
    yield "visual.class_embedding", (width,)
    yield "visual.conv1.weight", (width, 3, *patch)
    yield "visual.positional_embedding", (_ANY, width)
    yield from _of_blocks("visual.transformer.resblocks", vision, width)
    if not vision.get("attentional_pool"):
        yield "visual.proj", (width, embed)


def _of_blocks(
    prefix: str, tower: Mapping[str, Any], width: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    inner = int(width * float(tower.get("mlp_ratio", 4.0)))
    for number in range(int(tower.get("layers", 12))):
        block = f"{prefix}.{number}"
        yield from ((f"{block}.{norm}.weight", (width,)) for norm in ("ln_1", "ln_2"))
        yield f"{block}.attn.in_proj_weight", (3 * width, width)
        yield f"{block}.attn.in_proj_bias", (3 * width,)
        yield f"{block}.attn.out_proj.weight", (width, width)
        yield f"{block}.mlp.c_fc.weight", (inner, width)
        yield f"{block}.mlp.c_fc.bias", (inner,)
        yield f"{block}.mlp.c_proj.weight", (width, inner)
        for narrow in ("ln_1", "ln_2", "attn.out_proj", "mlp.c_proj"):
            yield f"{block}.{narrow}.bias", (width,)


def _depths(config: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    text, vision = config["text_cfg"], config["vision_cfg"]
    if not text.get("hf_model_name"):
        yield "transformer.resblocks", "text", int(text.get("layers", 12))
    if vision.get("timm_model_name"):
        return
    if not _is_residual(vision):
        yield "visual.transformer.resblocks", "image", int(vision.get("layers", 12))
        return
    for stage, blocks in enumerate(vision["layers"], 1):
        yield f"visual.layer{stage}", "image", blocks


def _blocks(shapes: Shapes, prefix: str) -> int:
    numbered = re.compile(re.escape(prefix) + r"\.(\d+)\.")
    return max((int(found[1]) + 1 for found in map(numbered.match, shapes) if found), default=0)


def _is_residual(vision: Mapping[str, Any]) -> bool:
    return isinstance(vision.get("layers"), list | tuple)


def _pair(size: Any) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


def _agree(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    same = len(shape) == len(expected)
    return same and all(b in (a, _ANY) for a, b in zip(shape, expected, strict=True))


def _shown(shape: tuple[int, ...]) -> str:
    return " x ".join("any" if size == _ANY else str(size) for size in shape) or "one number"
