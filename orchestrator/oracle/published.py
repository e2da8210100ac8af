"""Models whose weights open_clip publishes: their tags, activations and digests."""

from orchestrator.errors import UserError
from orchestrator.oracle.open_clip_lists import config_of, models

_QUICK = "-quickgelu"
"""How names of models with that activation end."""


def spelt_as_published(tag: str, tags: list[str]) -> str:
    """A tag's own spelling: open_clip takes hyphens and capitals too."""
    return next((one for one in tags if one == tag.lower().replace("-", "_")), tag)


def file_digest(sha256: str, model: str) -> str:
    """The digest of a published model with the weights of a file.

    The same weights make another model in one of another activation or image size.
    """
    return f"sha256:{sha256}/{model}"


def check_activation(model: str, pretrained: str, *, quick: bool) -> None:
    """Refuses weights that were trained with another activation than the model's.

    Args:
        model: open_clip's name of it.
        pretrained: tag of the weights.
        quick: whether they were trained with QuickGELU, and not with GELU.

    Raises:
        UserError: names the model that fits them.
    """
    if quick == bool(config_of(model).get("quick_gelu", False)):
        return
    right = f"{model}{_QUICK}" if quick else model.removesuffix(_QUICK)
    if right == model or right not in models():
        return  # open_clip has no other model for them; what it says of it is a remark of the run
    trained, used = ("QuickGELU", "GELU") if quick else ("GELU", "QuickGELU")
    raise UserError(
        f"backbone {model!r} with weights {pretrained!r}: these weights were trained with "
        f"{trained}, this model uses {used}. Use model {right!r}."
    )


def other_activation(model: str) -> str:
    """The published model that differs in its activation alone; empty if there is none."""
    twin = model.removesuffix(_QUICK) if model.endswith(_QUICK) else f"{model}{_QUICK}"
    return twin if twin in models() else ""
