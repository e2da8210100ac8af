"""Questions as bytes.

A question is a safetensors file with the metadata `question`, a JSON object (`QuestionForm`), and
those of the tensors `context`, `visual_tokens`, `deep_text`, `deep_visual`, `weights_<i>` (of the
i-th ensemble), `plain` and `pixels` that it has.
"""

from torch import Tensor

from methods.interface import DeepPrompts, Ensemble, Prompts
from orchestrator.oracle.remote.description import PROTOCOL
from orchestrator.oracle.remote.protocol.container import (
    BadMessage,
    UntrustedFile,
    check_tensor,
    packed,
    validated,
)
from orchestrator.oracle.remote.protocol.forms import QuestionForm, StoredForm
from orchestrator.oracle.remote.request import Images, Question, StoredRows

_DIMENSIONS = {
    "context": 3,
    "visual_tokens": 3,
    "deep_text": 4,
    "deep_visual": 4,
    "plain": 4,
    "pixels": 5,
}


def question_bytes(question: Question, model: str, fingerprint: str) -> bytes:
    """A question to a service's model as a safetensors file."""
    prompts, images = question.prompts, question.images
    deep = prompts.deep or DeepPrompts()
    tensors = {
        "context": prompts.context,
        "visual_tokens": prompts.visual_tokens,
        "deep_text": deep.text,
        "deep_visual": deep.visual,
        "plain": images.plain,
        "pixels": images.pixels,
        **{f"weights_{i}": one.weights for i, one in enumerate(prompts.ensembles or ())},
    }
    form = QuestionForm(
        id=question.id,
        model=model,
        fingerprint=fingerprint,
        label=question.label,
        classes=question.classes,
        answers=question.answers,
        templates=prompts.templates or (),
        ensembles=tuple(one.templates for one in prompts.ensembles or ()),
        stored=tuple(StoredForm(digest=one.digest, rows=one.rows) for one in images.stored),
    )
    return packed(tensors, {"question": form.model_dump_json(exclude_defaults=True)})


def read_question(body: bytes) -> tuple[QuestionForm, Question]:
    """The question in a safetensors file, with its form.

    Raises:
        BadMessage: it is none.
    """
    file = UntrustedFile(body)
    form = validated(QuestionForm, file.stated("question"))
    if form.protocol != PROTOCOL:
        raise BadMessage(f"protocol: expected {PROTOCOL}, got {form.protocol}")
    weights = {f"weights_{i}" for i in range(len(form.ensembles))}
    tensors = file.tensors({*_DIMENSIONS, *weights})
    for name, dimensions in _DIMENSIONS.items():
        check_tensor(tensors, name, dimensions)
    try:
        prompts = _prompts(form, tensors)
    except ValueError as error:
        raise BadMessage(str(error)) from None
    images = Images(
        tensors.get("plain"),
        tensors.get("pixels"),
        tuple(StoredRows(one.digest, one.rows) for one in form.stored),
    )
    _check_images(images, prompts)
    return form, Question(form.id, form.classes, prompts, images, form.answers, form.label)


def _prompts(form: QuestionForm, tensors: dict[str, Tensor]) -> Prompts:
    deep = DeepPrompts(tensors.get("deep_text"), tensors.get("deep_visual"))
    ensembles = []
    for i, templates in enumerate(form.ensembles):
        weights = tensors.get(f"weights_{i}")
        if weights is not None and weights.shape != (len(templates), len(form.classes)):
            raise BadMessage(
                f"weights_{i}: expected {len(templates)} x {len(form.classes)} numbers, got "
                f"{tuple(weights.shape)}"
            )
        if weights is not None:
            check_tensor(tensors, f"weights_{i}", 2)
        ensembles.append(Ensemble(templates, weights))
    has_deep = deep.text is not None or deep.visual is not None
    return Prompts(
        context=tensors.get("context"),
        templates=form.templates or None,
        visual_tokens=tensors.get("visual_tokens"),
        ensembles=tuple(ensembles) or None,
        deep=deep if has_deep else None,
    )


def _check_images(images: Images, prompts: Prompts) -> None:
    given = (images.plain is not None, images.pixels is not None, bool(images.stored))
    if sum(given) != 1:
        raise BadMessage(
            f"expected images in one form, `plain`, `pixels` or `stored`, got {sum(given)}"
        )
    if images.pixels is None or 1 in (prompts.count, len(images.pixels)):
        return
    if len(images.pixels) != prompts.count:
        raise BadMessage(
            f"pixels: expected images of 1 or {prompts.count} candidates, got {len(images.pixels)}"
        )
