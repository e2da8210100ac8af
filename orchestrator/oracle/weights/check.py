"""Checks a backbone's own file of weights against its model, before anything is loaded."""

from pathlib import Path

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, other_activation
from orchestrator.oracle.weights.file import OPENAI_MARKS, Shapes, WeightsFile, weights_file
from orchestrator.oracle.weights.shapes import first_misfit


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
    shapes = file.header_shapes()
    if shapes is None and backbone.folder is None and file.kind != "NumPy":
        shapes = _shapes_by_torch(file)
    if shapes is None:
        return ()
    marked = shapes.keys() >= OPENAI_MARKS
    if marked:
        check_openai(backbone)
    misfit = first_misfit(backbone.config, shapes)
    if misfit:
        raise UserError(
            f"backbone {backbone.label!r}: the weights in {path} are of another model: {misfit}. "
            f"{_remedy(backbone)}"
        )
    return () if marked or backbone.folder else (_assumed(backbone, path),)


def check_openai(backbone: ResolvedBackbone) -> None:
    """Refuses OpenAI's own weights for a model without their activation.

    Raises:
        UserError: the model doesn't use QuickGELU.
    """
    if backbone.config.get("quick_gelu", False):
        return
    right = other_activation(backbone)
    use = "Set `quick_gelu: true` in the folder's model_cfg"
    if backbone.folder is None:
        use = f"Use model {right!r}" if right else "Use a model that ends in -quickgelu"
    raise UserError(
        f"backbone {backbone.label!r} with weights {str(backbone.weights)!r}: these are weights of "
        f"OpenAI's, trained with QuickGELU, and this model uses GELU. {use}."
    )


def _is_siglip(backbone: ResolvedBackbone) -> bool:
    """Whether a model has the two towers that big_vision's weights are for."""
    config = backbone.config
    return bool(config.get("custom_text") and config["vision_cfg"].get("timm_model_name"))


def _assumed(backbone: ResolvedBackbone, path: Path) -> str:
    quick = bool(backbone.config.get("quick_gelu", False))
    used, other = ("QuickGELU", "GELU") if quick else ("GELU", "QuickGELU")
    right = other_activation(backbone)
    hint = f"; if they were trained with {other}, use model {right!r}" if right else ""
    return (
        f"backbone {backbone.label!r}: the weights in {path.name} don't say their activation; "
        f"{used} is assumed, as in this model{hint}"
    )


def _remedy(backbone: ResolvedBackbone) -> str:
    if backbone.folder is not None:
        return "Put the weights that belong to open_clip_config.json into the folder."
    return "Name the model that they were made with, or other weights."


def _shapes_by_torch(file: WeightsFile) -> Shapes:
    from orchestrator.oracle.weights.reading import read_weights

    return {name: tuple(value.shape) for name, value in read_weights(file, "meta").items()}
