"""Loads the model behind the oracle and its tokenizer, through open_clip."""

from collections.abc import Callable
from typing import Any

import open_clip
import torch
from torch import nn

from orchestrator.errors import UserError, last_line
from orchestrator.oracle.backbone import RANDOM, ResolvedBackbone
from orchestrator.oracle.overhearing import overhearing
from orchestrator.oracle.text.config import check_tokenizer, tokenizer_name
from orchestrator.oracle.weights.check import check_activation
from orchestrator.oracle.weights.file import weights_file
from orchestrator.oracle.weights.finite import not_finite, odd_among
from orchestrator.oracle.weights.reading import put_weights
from orchestrator.precision import Precision

_ERRORS = (RuntimeError, OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError)
"""What open_clip, timm and transformers raise where a configuration or weights are wrong."""


def load_model(
    backbone: ResolvedBackbone,
    precision: Precision,
    device: torch.device,
    on_remark: Callable[[str], None] = lambda _: None,
) -> nn.Module:
    """The open_clip model with its weights, in evaluation mode, without gradients.

    It also sets, for this whole process, whether torch may round the factors of fp32 products.

    Args:
        backbone: what to load.
        precision: number format of its weights.
        device: where they go.
        on_remark: told what open_clip says of them, such as that positions were interpolated.

    Raises:
        UserError: the weights can't be fetched, don't have the model's shapes, or aren't finite.
    """
    round_factors(precision)
    if backbone.pretrained == RANDOM:
        torch.manual_seed(0)  # untrained weights that are the same on every actor
    try:
        with overhearing() as remarks:
            model = _model(backbone, precision, device)
    except (UserError, *_ERRORS) as error:
        first_lines = "\n".join(str(error).splitlines()[:4]) or type(error).__name__
        raise UserError(
            f"can't load backbone {backbone.label!r} with weights "
            f"{backbone.pretrained or backbone.model!r}: {first_lines}"
        ) from None
    for weight in odd_among(model.state_dict()):
        raise not_finite(f"backbone {backbone.label!r} in {precision}", weight, backbone.weights)
    for remark in remarks:
        on_remark(f"open_clip says of backbone {backbone.label!r}: {remark}")
    return model.eval().requires_grad_(False)


def round_factors(precision: Precision) -> None:
    """Says for this whole process whether GPUs may round the factors of fp32 products."""
    # By default torch rounds those of convolutions, but not those of matrix products.
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


def load_tokenizer(backbone: ResolvedBackbone) -> Any:
    """The model's tokenizer: a callable from strings to `(N, L)` token ids.

    Raises:
        UserError: it needs a package that isn't installed, or files that can't be had.
    """
    check_tokenizer(backbone)
    if not tokenizer_name(backbone):
        own = {} if backbone.vocabulary is None else {"bpe_path": str(backbone.vocabulary)}
        return open_clip.get_tokenizer(backbone.model, **own)
    try:
        return open_clip.get_tokenizer(backbone.model)
    except (ImportError, *_ERRORS) as error:
        raise UserError(
            f"can't load tokenizer {tokenizer_name(backbone)!r} of backbone {backbone.label!r}: "
            f"{last_line(error)}. Without a network, fetch it into Hugging Face's cache first."
        ) from None


def fetched_tokenizer(backbone: ResolvedBackbone) -> Any | None:
    """A tokenizer that `transformers` loads; None if it isn't there without a download."""
    try:
        return open_clip.get_tokenizer(backbone.model, local_files_only=True)
    except (ImportError, *_ERRORS):
        return None


def _model(backbone: ResolvedBackbone, precision: Precision, device: torch.device) -> nn.Module:
    path, random = backbone.weights, backbone.pretrained == RANDOM
    model: nn.Module = open_clip.create_model(
        backbone.model,
        pretrained=None if random or path is not None else backbone.pretrained,
        precision="fp32" if precision == "tf32" else precision,
        device=device,
        load_weights=not random and path is None,
        pretrained_text=False,  # a text tower of Hugging Face's gets the backbone's weights too
    )
    if path is not None:
        file = weights_file(path)
        check_activation(backbone, file, openai=put_weights(model, file))
    _cast_class_token(model)
    return model


def _cast_class_token(model: Any) -> None:
    """Gives CoCa's class token the format of its blocks; open_clip's own forward fails without."""
    text = getattr(model, "text", None)
    token = getattr(text, "cls_emb", None)
    if text is not None and token is not None:
        token.data = token.data.to(text.transformer.get_cast_dtype())
