"""What a configuration says of a text tower: whether it can be used here, and for what."""

from importlib.util import find_spec

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone

_POOLINGS = ("argmax", "eos", "first", "last")
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "*.model")


def tokenizer_name(backbone: ResolvedBackbone) -> str:
    """Name of the tokenizer that `transformers` must load; empty for CLIP's own."""
    return str(backbone.config["text_cfg"].get("hf_tokenizer_name") or "")


def context_refusal(backbone: ResolvedBackbone) -> str:
    """Why a backbone takes no soft context, and what to use instead; empty if it takes it."""
    name = backbone.config["text_cfg"].get("hf_model_name")
    if not name:
        return ""
    return (
        f"backbone {backbone.label!r} takes no soft context, as its text tower is {name} from "
        f"Hugging Face. Use a method with hand-written prompts (zero_shot, bar, blackvip), or a "
        f"backbone with open_clip's own text tower, such as ViT-B/16."
    )


def check_text_tower(backbone: ResolvedBackbone) -> None:
    """Refuses a text tower that gives no feature of a text, whatever the method.

    Raises:
        UserError: it pools nothing, in a way that is unknown, or can't be built so.
    """
    config = backbone.config
    text = config["text_cfg"]
    if text.get("hf_model_name"):
        return
    pooling, class_token = text.get("pool_type", "argmax"), bool(text.get("embed_cls"))
    if class_token and not config.get("custom_text"):
        raise UserError(
            f"backbone {backbone.label!r}: `embed_cls` in text_cfg needs `custom_text: true` in "
            f"model_cfg; without it open_clip builds a tower that leaves the class token out."
        )
    if pooling not in _POOLINGS and not (class_token and pooling == "none"):
        raise UserError(
            f"backbone {backbone.label!r}: the `pool_type` of its text_cfg must be one of "
            f"{', '.join(_POOLINGS)}, but is {pooling!r}, which gives no single feature of a text."
        )


def check_tokenizer(backbone: ResolvedBackbone) -> None:
    """Refuses a backbone whose tokenizer needs what isn't installed or isn't in its folder.

    Raises:
        UserError: `transformers` or the files are missing.
    """
    text, folder = backbone.config["text_cfg"], backbone.folder
    name = tokenizer_name(backbone) or text.get("hf_model_name")
    if not name:
        return
    if find_spec("transformers") is None:
        raise UserError(
            f"backbone {backbone.label!r} needs the package transformers, for {name} from Hugging "
            f"Face, and it isn't installed. Install it: pip install 'querycurve[transformers]'."
        )
    if folder is not None and not any(any(folder.glob(file)) for file in _TOKENIZER_FILES):
        raise UserError(
            f"backbone {backbone.label!r}: its folder {folder} lacks its tokenizer {name} "
            f"(tokenizer.json and tokenizer_config.json). Save the tokenizer there."
        )
