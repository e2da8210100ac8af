"""Loads the model behind the oracle and its tokenizer, through open_clip."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pickle import UnpicklingError
from typing import Any

import open_clip
import torch
from torch import nn

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import RANDOM, ResolvedBackbone
from orchestrator.precision import Precision


def load_model(backbone: ResolvedBackbone, precision: Precision, device: torch.device) -> nn.Module:
    """The open_clip model with its weights, in evaluation mode, without gradients.

    It also sets, for this whole process, whether torch may round the factors of fp32 products.

    Raises:
        UserError: the weights can't be fetched or don't have the model's shapes.
    """
    # By default torch rounds the factors of fp32 convolutions, but not of matrix products.
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    random = backbone.pretrained == RANDOM
    if random:
        torch.manual_seed(0)  # untrained weights that are the same on every actor
    try:
        with _quiet():
            model = open_clip.create_model(
                backbone.model,
                pretrained=None if random else backbone.pretrained,
                precision="fp32" if precision == "tf32" else precision,
                device=device,
                load_weights=not random,
            )
    except (RuntimeError, OSError, ValueError, KeyError, UnpicklingError) as error:
        first_lines = "\n".join(str(error).splitlines()[:4])
        raise UserError(
            f"can't load backbone {backbone.label!r} with weights "
            f"{backbone.pretrained or backbone.model!r}: {first_lines}"
        ) from None
    module: nn.Module = model
    return module.eval().requires_grad_(False)


def load_tokenizer(backbone: ResolvedBackbone) -> Any:
    """The model's tokenizer: a callable from strings to `(N, L)` token ids."""
    own = {} if backbone.vocabulary is None else {"bpe_path": str(backbone.vocabulary)}
    return open_clip.get_tokenizer(backbone.model, **own)


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
