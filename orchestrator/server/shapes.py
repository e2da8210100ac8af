"""Refuses questions that don't fit a model, before anything is computed."""

from collections.abc import Iterator

from torch import Tensor

from benchmarks.quoting import quoted
from methods.interface import Prompts
from orchestrator.errors import UserError
from orchestrator.oracle.remote.description import Capabilities
from orchestrator.oracle.remote.request import Images, Question

MOST_VISUAL_TOKENS = 256
"""Visual tokens of a candidate: attention costs the square of them."""


def check_question(question: Question, offered: Capabilities) -> None:
    """Refuses a question that the model can't answer, whatever its class names.

    Raises:
        UserError: it asks for an answer that isn't given, or parts of it have other shapes.
    """
    _check_answers(question, offered)
    check_images(question.images, offered)
    _check_candidates(question)
    _check_widths(question.prompts, offered)
    for template in _templates(question.prompts):
        if template.count("{}") != 1:
            raise UserError(
                f"templates: expected one {{}} for the class name in each, got {quoted(template)}"
            )


def check_images(images: Images, offered: Capabilities) -> None:
    """Refuses images of another size than the model takes.

    Raises:
        UserError: says which size was expected.
    """
    size = offered.images.size
    for name, tensor in (("plain", images.plain), ("pixels", images.pixels)):
        if tensor is not None and tuple(tensor.shape[-3:]) != (3, size, size):
            raise UserError(
                f"{name}: expected images of 3 x {size} x {size}, got "
                f"{' x '.join(map(str, tensor.shape[-3:]))}"
            )


def _check_answers(question: Question, offered: Capabilities) -> None:
    wanted = question.answers
    if wanted.noise or wanted.digits is not None:
        raise UserError(
            f"answers: the service adds its own noise and rounding alone, so ask for "
            f"{wanted.kind!r} without them, got {wanted}"
        )
    if not wanted.can_be_made_of(offered.answers):
        raise UserError(f"answers: this service gives {offered.answers}, not {wanted}")


def _check_candidates(question: Question) -> None:
    """Candidates of pixels and of other parts must be as many, or the pixels one for all."""
    pixels, prompts = question.images.pixels, question.prompts
    if pixels is None or len(pixels) == 1:
        return
    counted = (prompts.context, prompts.visual_tokens, prompts.ensembles, prompts.deep)
    if any(part is not None for part in counted) and prompts.count != len(pixels):
        raise UserError(
            f"pixels: expected images of 1 or {prompts.count} candidates, got {len(pixels)}"
        )


def _check_widths(prompts: Prompts, offered: Capabilities) -> None:
    space, deep = offered.space, prompts.deep
    _check_width("context", prompts.context, space.text_width, "soft context")
    _check_width("visual_tokens", prompts.visual_tokens, space.vision_width, "visual tokens")
    if deep is not None and space.text_layers == space.vision_layers == 0:
        raise UserError("this service's model takes nothing between its inner layers")
    if deep is not None:
        _check_width("deep_text", deep.text, space.text_width, "deep text prompts")
        _check_width("deep_visual", deep.visual, space.vision_width, "deep visual prompts")
    if prompts.visual_tokens is not None and prompts.visual_tokens.shape[1] > MOST_VISUAL_TOKENS:
        raise UserError(
            f"visual_tokens: expected at most {MOST_VISUAL_TOKENS} for a candidate, got "
            f"{prompts.visual_tokens.shape[1]:,}"
        )


def _check_width(name: str, tensor: Tensor | None, width: int, what: str) -> None:
    if tensor is None:
        return
    if width == 0:
        raise UserError(f"this service's model takes no {what}")
    if tensor.shape[-1] != width:
        raise UserError(f"{name}: expected width {width}, got {tensor.shape[-1]:,}")


def _templates(prompts: Prompts) -> Iterator[str]:
    yield from prompts.templates or ()
    for one in prompts.ensembles or ():
        yield from one.templates
