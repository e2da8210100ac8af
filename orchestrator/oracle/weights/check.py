"""Checks a backbone's own file of weights against its model, before anything is loaded."""

from dataclasses import replace
from pathlib import Path

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import (
    ResolvedBackbone,
    preprocessing_of,
)
from orchestrator.oracle.open_clip_lists import tags_of
from orchestrator.oracle.published import other_activation
from orchestrator.oracle.weights.file import OPENAI_MARKS, Shapes, WeightsFile, weights_file
from orchestrator.oracle.weights.finite import check_finite
from orchestrator.oracle.weights.shapes import first_misfit, whole_numbers


def checked_weights(backbone: ResolvedBackbone) -> tuple[str, ...]:
    """Checks the file that a backbone's weights come from, if they do, by its header.

    torch is used only for a file that a spec names, not for a model in a folder.

    Returns:
        What a person should know about them.

    Raises:
        UserError: the file is no whole file of weights, or is of another model or activation.
    """
    path = backbone.weights
    if path is None:
        return ()
    file = weights_file(path)
    if file.kind == "NumPy" and not _is_siglip(backbone):
        raise UserError(
            f"backbone {backbone.label!r}: {path} has big_vision's format, which open_clip reads "
            f"for SigLIP models alone. Name such a model, or weights in another format."
        )
    whole = backbone.folder is None and file.kind != "NumPy"
    shapes = file.header_shapes()
    if shapes is None and whole:
        shapes = _shapes_by_torch(file)
    if shapes is None:
        return ()
    openai = shapes.keys() >= OPENAI_MARKS
    check_activation(backbone, file, openai=openai)
    misfit = first_misfit(backbone.config, shapes) or whole_numbers(
        backbone.config, file.header_formats()
    )
    if whole and not misfit and not backbone.config["text_cfg"].get("hf_model_name"):
        misfit = _rehearsed(backbone, file)
    if misfit:
        raise UserError(
            f"backbone {backbone.label!r}: the weights in {path} are of another model: {misfit}. "
            f"{_remedy(backbone)}"
        )
    check_finite(f"backbone {backbone.label!r}", file)
    if backbone.folder is not None:
        return ()
    activation = "" if openai or file.activation else _assumed(backbone, path)
    return tuple(filter(None, (activation, _prepared_otherwise(backbone, path))))


def check_activation(backbone: ResolvedBackbone, file: WeightsFile, *, openai: bool) -> None:
    """Refuses weights that say their activation for a model with another one.

    Args:
        backbone: the model.
        file: its weights; a TorchScript archive has the activation in its code.
        openai: whether they have the marks of OpenAI's own, which were trained with QuickGELU.

    Raises:
        UserError: the model uses another activation.
    """
    quick = bool(backbone.config.get("quick_gelu", False))
    trained, used = "QuickGELU" if openai else file.activation, "QuickGELU" if quick else "GELU"
    if trained in ("", used):
        return
    right = other_activation(backbone.model)
    use = f"Set `quick_gelu: {str(not quick).lower()}` in the folder's model_cfg"
    if backbone.folder is None:
        otherwise = "a model without -quickgelu" if quick else "a model that ends in -quickgelu"
        use = f"Use model {right!r}" if right else f"Use {otherwise}"
    whose = "of OpenAI's, " if openai else ""
    raise UserError(
        f"backbone {backbone.label!r} with weights {str(backbone.weights)!r}: these are weights "
        f"{whose}trained with {trained}, and this model uses {used}. "
        f"{use}."
    )


def _is_siglip(backbone: ResolvedBackbone) -> bool:
    """Whether a model has the two towers that big_vision's weights are for."""
    config = backbone.config
    return bool(config.get("custom_text") and config["vision_cfg"].get("timm_model_name"))


def _assumed(backbone: ResolvedBackbone, path: Path) -> str:
    quick = bool(backbone.config.get("quick_gelu", False))
    used, other = ("QuickGELU", "GELU") if quick else ("GELU", "QuickGELU")
    right = other_activation(backbone.model)
    hint = f"; if they were trained with {other}, use model {right!r}" if right else ""
    return (
        f"backbone {backbone.label!r}: the weights in {path.name} don't say their activation; "
        f"{used} is assumed, as in this model{hint}"
    )


def _prepared_otherwise(backbone: ResolvedBackbone, path: Path) -> str:
    """Says that CLIP's way to prepare images is assumed where no published weights have it."""
    tags = tags_of(backbone.model)
    ways = {preprocessing_of(replace(backbone, pretrained=tag), "none").unusual() for tag in tags}
    if not ways or "" in ways:
        return ""
    return (
        f"backbone {backbone.label!r}: the weights in {path.name} don't say how to prepare images; "
        f"CLIP's way is assumed, as in open_clip, but this model's published weights have them "
        f"{' or '.join(sorted(ways))}; if these do too, put them into a folder with an "
        f"open_clip_config.json that says so in preprocess_cfg, as `model: local-dir:FOLDER`"
    )


def _remedy(backbone: ResolvedBackbone) -> str:
    if backbone.folder is not None:
        return "Put the weights that belong to open_clip_config.json into the folder."
    return "Name the model that they were made with, or other weights."


def _rehearsed(backbone: ResolvedBackbone, file: WeightsFile) -> str:
    from orchestrator.oracle.weights.reading import read_weights
    from orchestrator.oracle.weights.rehearsal import misfit_in

    return misfit_in(backbone.model, read_weights(file, "meta"))


def _shapes_by_torch(file: WeightsFile) -> Shapes:
    from orchestrator.oracle.weights.reading import read_weights

    return {name: tuple(value.shape) for name, value in read_weights(file, "meta").items()}
