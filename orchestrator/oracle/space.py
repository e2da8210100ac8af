"""The prompt space of a backbone, from its configuration alone, to check settings in a plan."""

from methods.interface import PromptSpace
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of
from orchestrator.oracle.text.config import check_text_tower, context_refusal
from orchestrator.oracle.text.lengths import TextLengths

_EMBEDDING_STD = 0.02  # CLIP's initialisation; the loaded oracle states the true one


def planned_space(
    backbone: ResolvedBackbone, class_names: tuple[str, ...], lengths: TextLengths | None = None
) -> PromptSpace:
    """Shapes of the prompts a backbone will accept for these classes, without its weights.

    There are no class names when the dataset isn't at hand; then, and where names can't be counted,
    the most that may fit is stated. Whether a backbone takes soft context at all is said by
    `context_refusal`.

    Args:
        backbone: the model.
        class_names: the classes.
        lengths: counts the model's tokens; to be given by those who ask often.

    Raises:
        UserError: the text tower gives no feature of a text, or its tokenizer is damaged.
    """
    check_text_tower(backbone)
    text, vision = backbone.config["text_cfg"], backbone.config["vision_cfg"]
    is_transformer = isinstance(vision.get("layers"), int)
    pixels = preprocessing_of(backbone, "none")
    return PromptSpace(
        text_width=int(text.get("width", 512)),
        context_tokens=(lengths or TextLengths(backbone)).room(class_names),
        vision_width=int(vision.get("width", 768)) if is_transformer else 0,
        image_size=pixels.size,
        token_embedding_std=_EMBEDDING_STD,
        pixel_mean=pixels.mean,
        pixel_std=pixels.std,
        text_layers=0 if context_refusal(backbone) else int(text.get("layers", 12)),
        vision_layers=int(vision["layers"]) if is_transformer else 0,
    )
