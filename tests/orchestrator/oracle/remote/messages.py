"""Hypothesis strategies for questions, replies and sets of images of every kind."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from torch import Tensor

from methods.interface import DeepPrompts, Ensemble, Prompts
from orchestrator.answers import Answers
from orchestrator.oracle.answering import Answer
from orchestrator.oracle.remote.request import Charge, Images, Question, Reply, StoredRows

FINGERPRINT = "0123456789abcdef"
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
SIZES = st.integers(1, 3)
WHOLE = st.integers(0, 2**53)


def tensors(*shape: int, dtype: torch.dtype = torch.float32) -> st.SearchStrategy[Tensor]:
    """Tensors of a shape with random contents."""

    def drawn(seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        if dtype == torch.uint8:
            return torch.randint(256, shape, generator=generator, dtype=dtype)
        return torch.randn(shape, generator=generator)

    return st.integers(0, 1000).map(drawn)


@st.composite
def prompts(draw: st.DrawFn, candidates: int, classes: int) -> Prompts:
    """K candidates of any kind; one of templates alone counts as one candidate."""
    kind = draw(st.sampled_from(["context", "templates", "ensembles"]))
    parts: dict[str, object] = {}
    if kind == "context":
        tokens = draw(SIZES)
        parts["context"] = draw(tensors(candidates, tokens, 4))
        if draw(st.booleans()):
            parts["deep"] = DeepPrompts(draw(tensors(candidates, 2, tokens, 4)))
    if kind == "templates":
        parts["templates"] = tuple(draw(st.lists(NAMES, min_size=1, max_size=3)))
    if kind == "ensembles":
        ensembles = []
        for _ in range(candidates):
            texts = tuple(draw(st.lists(NAMES, min_size=1, max_size=3)))
            weights = draw(st.none() | tensors(len(texts), classes))
            ensembles.append(Ensemble(texts, weights))
        parts["ensembles"] = tuple(ensembles)
    if draw(st.booleans()):
        tokens = draw(SIZES)
        parts["visual_tokens"] = draw(tensors(candidates, tokens, 5))
        if "deep" not in parts and draw(st.booleans()):
            parts["deep"] = DeepPrompts(None, draw(tensors(candidates, 1, tokens, 5)))
    return Prompts(**parts)  # type: ignore[arg-type]


@st.composite
def images(draw: st.DrawFn, candidates: int) -> Images:
    """Images in any form."""
    kind, count = draw(st.sampled_from(["plain", "pixels", "stored"])), draw(SIZES)
    if kind == "plain":
        return Images(plain=draw(tensors(count, 3, 4, 4, dtype=torch.uint8)))
    if kind == "pixels":
        changed = draw(st.sampled_from([1, candidates]))
        return Images(pixels=draw(tensors(changed, count, 3, 4, 4)))
    rows = st.lists(st.integers(0, 300), min_size=1, max_size=3).map(tuple)
    sets = st.builds(StoredRows, st.text("0123456789abcdef", min_size=64, max_size=64), rows)
    return Images(stored=tuple(draw(st.lists(sets, min_size=1, max_size=2))))


ANSWERS = st.sampled_from(
    [
        Answers(),
        Answers(kind="log_probabilities"),
        Answers(kind="top", top=2),
        Answers(kind="top", top=50),
        Answers(kind="label"),
    ]
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Questions of every kind."""
    classes = tuple(draw(st.lists(NAMES, min_size=1, max_size=4)))
    candidates = draw(SIZES)
    return Question(
        id=draw(st.text("0123456789abcdef", min_size=1, max_size=64)),
        classes=classes,
        prompts=draw(prompts(candidates, len(classes))),
        images=draw(images(candidates)),
        answers=draw(ANSWERS),
        label=draw(st.text("0123456789abcdef", max_size=64)),
    )


CHARGES = st.builds(
    Charge, WHOLE, WHOLE, WHOLE, WHOLE, st.none() | st.floats(0, 1e9, allow_nan=False)
)


def answer_to(question: Question, seed: int = 0) -> Answer:
    """An answer of the shapes that a question asks for."""
    generator = torch.Generator().manual_seed(seed)
    size = len(question.classes)
    shape = (question.candidates, question.images.count, size)
    scores = torch.randn(shape, generator=generator)
    kind = question.answers.kind
    if kind == "logits":
        return Answer(scores)
    scores = scores.log_softmax(dim=-1)
    if kind == "log_probabilities":
        return Answer(scores)
    best = scores.sort(dim=-1, descending=True)
    if kind == "label":
        return Answer(None, best.indices[..., :1])
    top = question.answers.top
    return Answer(best.values[..., :top], best.indices[..., :top])


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[Question, Reply]:
    """Questions with replies to them."""
    question = draw(questions())
    answer = answer_to(question, draw(st.integers(0, 100)))
    return question, Reply(answer, draw(CHARGES), FINGERPRINT, draw(st.booleans()))


def same(one: object, other: object) -> bool:
    """Whether two values are equal, tensors in their bits."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, "__dataclass_fields__") and type(one) is type(other):
        return all(map(same, vars(one).values(), vars(other).values()))
    return bool(one == other)
