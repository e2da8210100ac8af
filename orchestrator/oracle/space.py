"""The prompt space of a backbone, from its configuration alone, to check settings in a plan."""

from methods.interface import PromptSpace
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of
from orchestrator.oracle.token_count import token_counter

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
