"""Questions and replies as bytes: a safetensors file whose metadata hold what isn't a tensor.

A question is a file with the metadata `question`, a JSON object (`QuestionForm`), and those of the
tensors `context`, `visual_tokens`, `deep_text`, `deep_visual`, `weights_<i>` (of the i-th
ensemble), `plain` and `pixels` that the question has. A reply has the metadata `reply`
(`ReplyForm`), and `scores` or `classes` or both. A set of images is a file with the tensor `plain`
alone, the token embeddings of a text one with `embeddings` alone. Nothing that is read can run
code, and what makes no sense is a `BadMessage` and nothing else.
"""

import hashlib
import json
from typing import Annotated, Any, TypeVar

import torch
from pydantic import FailFast, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from benchmarks.frozen import Frozen
from benchmarks.quoting import cut, one_line
from methods.interface import DeepPrompts, Ensemble, Prompts
from orchestrator.answers import AnswerKind, Answers
from orchestrator.oracle.answering import Answer
from orchestrator.oracle.remote.description import PROTOCOL
from orchestrator.oracle.remote.request import Charge, Images, Question, Reply, StoredRows

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Identity = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Fingerprint = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")]
Count = Annotated[int, Field(ge=0, le=2**53)]
"""As many as a float64 counts exactly, so that sums of a run stay whole numbers."""

MOST_SAID = 2**23
"""Bytes of what isn't a tensor in a message, at most: reading holds it many times over."""
CONTENT_TYPE = "application/vnd.safetensors"
"""Content type of such files."""
_NO_FILE = "expected a safetensors file"
_ABOVE_ONE = 1e-3
"""By so much may float error lift a log-probability above 0."""

_Form = TypeVar("_Form", bound=Frozen)


class BadMessage(ValueError):
    """Bytes that are no question, reply or set of images; says what is wrong with them."""


class StoredForm(Frozen):
    """Images of a stored set."""

    digest: Digest
    rows: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), FailFast()]


class QuestionForm(Frozen):
    """What isn't a tensor in a question.

    Attributes:
        protocol: version of the protocol.
        id: names the question; asked again, it is charged once.
        model: the service's name of the model.
        fingerprint: of the model that is meant; the service refuses if it has another one now.
        label: whom to charge, in the service's ledger.
        classes: class names.
        answers: which answer is wanted.
        templates: hand-written prompts with one `{}` each, averaged; the same for all candidates.
        ensembles: the templates of each candidate.
        stored: images that were sent before, in order.
    """

    protocol: int = PROTOCOL
    id: Identity
    model: Text
    fingerprint: Fingerprint
    label: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,100}$")] = ""
    classes: Annotated[tuple[Text, ...], Field(min_length=1), FailFast()]
    answers: Answers
    templates: Annotated[tuple[Text, ...], FailFast()] = ()
    ensembles: Annotated[
        tuple[Annotated[tuple[Text, ...], Field(min_length=1), FailFast()], ...], FailFast()
    ] = ()
    stored: Annotated[tuple[StoredForm, ...], FailFast()] = ()


class ChargeForm(Frozen):
    """What was charged; see `request.Charge`."""

    requests: Count = 0
    queries: Count = 0
    images: Count = 0
    tokens: Count = 0
    money: Annotated[float, Field(ge=0, le=2**53, allow_inf_nan=False)] | None = None

    @property
    def charge(self) -> Charge:
        """The charge."""
        return Charge(**dict(self))


class ReplyForm(Frozen):
    """What isn't a tensor in a reply."""

    charge: ChargeForm
    fingerprint: Fingerprint
    repeated: bool = False


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
    present = {name: _contiguous(one) for name, one in tensors.items() if one is not None}
    return bytes(save(present, {"question": form.model_dump_json(exclude_defaults=True)}))


def read_question(body: bytes) -> tuple[QuestionForm, Question]:
    """The question in a safetensors file, with its form.

    Raises:
        BadMessage: it is none.
    """
    file = _File(body)
    form = validated(QuestionForm, file.stated("question"))
    if form.protocol != PROTOCOL:
        raise BadMessage(f"protocol: expected {PROTOCOL}, got {form.protocol}")
    names = {"context", "visual_tokens", "deep_text", "deep_visual", "plain", "pixels"}
    names |= {f"weights_{i}" for i in range(len(form.ensembles))}
    tensors = file.tensors(names)
    for name, dimensions in _DIMENSIONS.items():
        _check(tensors, name, dimensions)
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


def reply_bytes(reply: Reply) -> bytes:
    """A reply as a safetensors file."""
    form = ReplyForm(
        charge=ChargeForm(**vars(reply.charge)),
        fingerprint=reply.fingerprint,
        repeated=reply.repeated,
    )
    tensors = {"scores": reply.answer.scores, "classes": reply.answer.classes}
    present = {name: _contiguous(one) for name, one in tensors.items() if one is not None}
    return bytes(save(present, {"reply": form.model_dump_json()}))


def read_reply(body: bytes, question: Question) -> Reply:
    """The reply to a question in a safetensors file.

    Raises:
        BadMessage: it is none, or of other shapes than the question asks for.
    """
    file = _File(body)
    form = validated(ReplyForm, file.stated("reply"))
    tensors = file.tensors({"scores", "classes"})
    answer = Answer(tensors.get("scores"), tensors.get("classes"))
    _check_answer(answer, question)
    return Reply(answer, form.charge.charge, form.fingerprint, form.repeated)


def image_bytes(images: Tensor) -> bytes:
    """A set of plain images `(N, 3, S, S)` uint8 as a safetensors file."""
    return bytes(save({"plain": _contiguous(images)}))


def read_images(body: bytes) -> Tensor:
    """The set of images `(N, 3, S, S)` in a safetensors file.

    Raises:
        BadMessage: it is none.
    """
    images = _alone(body, "plain")
    _check({"plain": images}, "plain", 4)
    return images


def embedding_bytes(embeddings: Tensor) -> bytes:
    """Token embeddings `(T, D)` float32 of a text as a safetensors file."""
    return bytes(save({"embeddings": _contiguous(embeddings)}))


def read_embeddings(body: bytes, width: int) -> Tensor:
    """The token embeddings `(T, D)` float32 of a text in a safetensors file; T may be 0.

    Raises:
        BadMessage: it has none, or of another width D.
    """
    found = _alone(body, "embeddings")
    if found.dtype != torch.float32 or found.dim() != 2 or found.shape[1] != width:
        raise BadMessage(
            f"embeddings: expected (tokens, {width}) of float32, got {tuple(found.shape)} of "
            f"{str(found.dtype).removeprefix('torch.')}"
        )
    if not bool(torch.isfinite(found).all()):
        raise BadMessage("embeddings: not all numbers are finite")
    return found


def image_digest(images: Tensor) -> str:
    """SHA-256 over shape and contents of a set of plain images `(N, 3, S, S)` uint8."""
    digest = hashlib.sha256(repr(tuple(images.shape)).encode())
    digest.update(images.contiguous().numpy().data)
    return digest.hexdigest()


_DIMENSIONS = {
    "context": 3,
    "visual_tokens": 3,
    "deep_text": 4,
    "deep_visual": 4,
    "plain": 4,
    "pixels": 5,
}


class _File:
    """A safetensors file of which nothing is trusted.

    Raises:
        BadMessage: it is none.
    """

    def __init__(self, body: bytes) -> None:
        length = int.from_bytes(body[:8], "little")
        if len(body) < 8 or length > len(body) - 8:
            raise BadMessage(_NO_FILE)
        if length > MOST_SAID:
            raise BadMessage(f"expected at most {MOST_SAID:,} bytes of metadata, got {length:,}")
        try:
            header = json.loads(body[8 : 8 + length], object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError):
            raise BadMessage(_NO_FILE) from None
        if not isinstance(header, dict):
            raise BadMessage(_NO_FILE)
        self._body, self._metadata = body, header.pop("__metadata__", None)
        self._names = header.keys()

    def stated(self, name: str) -> str:
        """One of the metadata."""
        text = self._metadata.get(name) if isinstance(self._metadata, dict) else None
        if not isinstance(text, str):
            raise BadMessage(f"the metadata lack {name!r}")
        return text

    def tensors(self, known: set[str]) -> dict[str, Tensor]:
        """The tensors by name, if none has a strange one."""
        strange = sorted(self._names - known)
        if strange:
            raise BadMessage(f"unknown tensor {strange[0][:100]!r}")
        try:
            return dict(load(self._body))
        except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, OverflowError):
            raise BadMessage(_NO_FILE) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; where a name is repeated, readers would disagree on what it says."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _alone(body: bytes, name: str) -> Tensor:
    """The only tensor of a file."""
    tensors = _File(body).tensors({name})
    if name not in tensors:
        raise BadMessage(f"the tensor `{name}` is missing")
    return tensors[name]


def validated(form: type[_Form], text: str | bytes) -> _Form:
    """What a JSON text says.

    Raises:
        BadMessage: it isn't of the form.
    """
    try:
        return form.model_validate_json(text)
    except ValidationError as error:
        raise BadMessage(first_problem(error)) from None


def first_problem(error: ValidationError, whole: str = "") -> str:
    """The first thing that is wrong with a document, in one short line, whatever its fields are.

    Args:
        error: tells of all.
        whole: what the document is called where it is wrong as a whole; "" doesn't name it.
    """
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(cut(one_line(str(part))) for part in first["loc"]) or whole
    message = cut(one_line(first["msg"]), 200)
    return f"{place}: {message}" if place else message


def _check(tensors: dict[str, Tensor], name: str, dimensions: int) -> None:
    """Refuses a tensor of another kind than is meant, and one without elements."""
    tensor = tensors.get(name)
    if tensor is None:
        return
    kind = torch.uint8 if name == "plain" else torch.float32
    if tensor.dtype != kind or tensor.dim() != dimensions or not tensor.numel():
        wanted, got = (str(one).removeprefix("torch.") for one in (kind, tensor.dtype))
        raise BadMessage(
            f"{name}: expected {dimensions} dimensions of {wanted}, none of them empty, got "
            f"{tuple(tensor.shape)} of {got}"
        )
    if kind == torch.float32 and not bool(torch.isfinite(tensor).all()):
        raise BadMessage(f"{name}: not all numbers are finite")


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
            _check(tensors, f"weights_{i}", 2)
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


def _check_answer(answer: Answer, question: Question) -> None:
    """Refuses an answer of other shapes, unknown classes, or without finite scores."""
    kind, size = question.answers.kind, len(question.classes)
    named = {"label": 1, "top": min(question.answers.top or 0, size)}.get(kind)
    front = (question.candidates, question.images.count)
    for name, tensor, wanted, dtype in (
        ("scores", answer.scores, None if kind == "label" else named or size, torch.float32),
        ("classes", answer.classes, named, torch.int64),
    ):
        got = None if tensor is None else tuple(tensor.shape)
        expected = None if wanted is None else (*front, wanted)
        if got != expected or (tensor is not None and tensor.dtype != dtype):
            raise BadMessage(f"{name}: expected {expected or 'none'}, got {got or 'none'}")
    if answer.classes is not None:
        _check_classes(answer.classes, size)
    if answer.scores is not None:
        _check_scores(answer.scores, kind)


def _check_classes(classes: Tensor, size: int) -> None:
    if not 0 <= int(classes.min()) <= int(classes.max()) < size:
        raise BadMessage(f"classes: expected numbers from 0 to {size - 1}")
    ordered = classes.sort(dim=-1).values
    if bool((ordered[..., 1:] == ordered[..., :-1]).any()):
        raise BadMessage("classes: expected each class at most once for an image")


def _check_scores(scores: Tensor, kind: AnswerKind) -> None:
    if not bool(torch.isfinite(scores).all()):
        raise BadMessage("scores: not all numbers are finite")
    if kind != "logits" and float(scores.max()) > _ABOVE_ONE:
        raise BadMessage("scores: expected log-probabilities, got numbers above 0")


def _contiguous(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu").contiguous()
