"""A served model against an oracle in memory: the same bits, and charges as its ledger's."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from unittest.mock import Mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from methods.interface import DeepPrompts, Ensemble, Prompts
from orchestrator.answers import Answers
from orchestrator.errors import UserError
from orchestrator.oracle.answering import restrict
from orchestrator.oracle.clip import ClipOracle
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.remote.images.pixels import normalised
from orchestrator.oracle.remote.protocol.lone_tensors import image_digest
from orchestrator.oracle.remote.protocol.questions import question_bytes, read_question
from orchestrator.oracle.remote.protocol.replies import read_reply, reply_bytes
from orchestrator.oracle.remote.request import Images, Question, Reply, StoredRows
from orchestrator.oracle.remote.service import ImagesUnknown
from orchestrator.server.model import Offer, ServedModel
from orchestrator.server.text_tokens import TextTokens
from tests.orchestrator.server.questions import NAMES, SIZE, ask, numbers, plain_images
from tests.service_in_thread import pocket

WIDTH = 128
WEIGHTS = torch.tensor([[0.5, 1.0, 2.0], [1.5, 0.25, 0.0]])


def served(**offer: object) -> ServedModel:
    return ServedModel(pocket(), replace(Offer("pocket"), **offer))


def in_memory(names: tuple[str, ...] = NAMES) -> ClipOracle:
    return ClipOracle(pocket(), names, Ledger(), Ledger())


def as_seen(images: Tensor) -> Tensor:
    return normalised(images, served().capabilities.images)


def answered(service: ServedModel, question: Question) -> Reply:
    """The reply after question and reply have been bytes."""
    offered = service.capabilities
    _, read = read_question(question_bytes(question, offered.model, offered.fingerprint))
    return read_reply(reply_bytes(service.score(read)), question)


PROMPTS: dict[str, Callable[[], Prompts]] = {
    "a template": lambda: Prompts(templates=("a photo of a {}.",)),
    "templates that are averaged": lambda: Prompts(templates=("a {}.", "the {}, drawn", "{}")),
    "an ensemble": lambda: Prompts(ensembles=(Ensemble(("a {}.", "the {}.")),)),
    "ensembles of different sizes": lambda: Prompts(
        ensembles=(Ensemble(("a {}.",)), Ensemble(("the {}.", "one {}.", "{}!")))
    ),
    "an ensemble with weights": lambda: Prompts(
        ensembles=(Ensemble(("a {}.", "the {}."), WEIGHTS), Ensemble(("a {}.",)))
    ),
    "a context": lambda: Prompts(context=numbers(1, 4, WIDTH)),
    "contexts": lambda: Prompts(context=numbers(5, 7, WIDTH)),
    "contexts with deep prompts": lambda: Prompts(
        context=numbers(2, 3, WIDTH), deep=DeepPrompts(text=numbers(2, 2, 3, WIDTH, seed=1))
    ),
    "visual tokens": lambda: Prompts(
        templates=("a {}.",), visual_tokens=numbers(3, 2, WIDTH, seed=2)
    ),
    "everything": lambda: Prompts(
        context=numbers(2, 3, WIDTH),
        visual_tokens=numbers(2, 5, WIDTH, seed=1),
        deep=DeepPrompts(numbers(2, 1, 3, WIDTH, seed=2), numbers(2, 3, 5, WIDTH, seed=3)),
    ),
}


@pytest.mark.parametrize("kind", PROMPTS)
def test_it_answers_and_charges_as_the_oracle_in_memory(kind: str) -> None:
    prompts, images = PROMPTS[kind](), plain_images(5)
    oracle = in_memory()
    expected = oracle.query(prompts, Batch(torch.zeros(5, dtype=torch.long), as_seen(images)))
    reply = answered(served(), ask(prompts=prompts, images=Images(images)))
    assert reply.answer.scores is not None
    assert reply.answer.scores.equal(expected)
    assert reply.charge.requests == 1
    charged = {"queries": reply.charge.queries, "images": reply.charge.images}
    assert charged == oracle.method.as_dict()


@dataclass(frozen=True)
class Shifted:
    """Candidates that make images lighter."""

    shifts: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.shifts)

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        return images + self.shifts[candidate]


@pytest.mark.parametrize("shifts", [(0.5,), (0.0, 0.1, 0.2)], ids=["one", "several"])
@pytest.mark.parametrize("kind", ["a template", "templates that are averaged", "visual tokens"])
def test_changed_pixels_are_answered_and_charged_as_in_memory(
    shifts: tuple[float, ...], kind: str
) -> None:
    count, seen = len(shifts), as_seen(plain_images(4))
    prompts = PROMPTS[kind]()
    if prompts.visual_tokens is not None:
        prompts = replace(prompts, visual_tokens=prompts.visual_tokens[:count])
    changed = Shifted(shifts)
    oracle, batch = in_memory(), Batch(torch.zeros(4, dtype=torch.long), seen)
    expected = oracle.query(replace(prompts, pixels=changed), batch)
    sent = torch.stack([changed.apply(seen, candidate) for candidate in range(count)])
    reply = answered(served(), ask(prompts=prompts, images=Images(pixels=sent)))
    assert reply.answer.scores is not None
    assert reply.answer.scores.equal(expected)
    charged = {"queries": reply.charge.queries, "images": reply.charge.images}
    assert charged == oracle.method.as_dict()


def test_the_same_pixels_serve_all_candidates() -> None:
    prompts, seen = PROMPTS["contexts"](), as_seen(plain_images(4))
    batch = Batch(torch.zeros(4, dtype=torch.long), seen)
    reply = answered(served(), ask(prompts=prompts, images=Images(pixels=seen.unsqueeze(0))))
    assert reply.answer.scores is not None
    assert reply.answer.scores.equal(in_memory().query(prompts, batch))


SETS = [plain_images(count, seed) for seed, count in enumerate((256, 7, 1))]


@cache
def encoded_sets() -> list[Tensor]:
    """Their features, as an oracle in memory has them in tables."""
    return [in_memory().encode_images(as_seen(images)) for images in SETS]


@pytest.fixture(scope="module")
def filled() -> ServedModel:
    """A service that has three sets of images."""
    service = served()
    for images in SETS:
        service.store(images)
    return service


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 255)), min_size=1, max_size=12))
def test_stored_images_are_answered_in_any_mix_as_tables_in_memory(
    filled: ServedModel, chosen: list[tuple[int, int]]
) -> None:
    oracle, prompts, tables = in_memory(), Prompts(context=numbers(2, 4, WIDTH)), encoded_sets()
    chosen = [(which, row % len(SETS[which])) for which, row in chosen]
    features = torch.stack([tables[which][row] for which, row in chosen])
    batch = Batch(torch.zeros(len(chosen), dtype=torch.long), features=features)
    stored = tuple(StoredRows(image_digest(SETS[which]), (row,)) for which, row in chosen)
    reply = answered(filled, ask(prompts=prompts, images=Images(stored=stored)))
    assert reply.answer.scores is not None
    assert reply.answer.scores.equal(oracle.query(prompts, batch))
    assert reply.charge.images == 2 * len(chosen)


def test_a_mini_batch_that_comes_again_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    service, encoded = served(), []
    encode = service._plain.encode_images

    def counting(images: Tensor) -> Tensor:
        encoded.append(len(images))
        return encode(images)

    monkeypatch.setattr(service._plain, "encode_images", counting)
    replies = [answered(service, ask(id_)) for id_ in ("one", "two")]
    other = answered(service, ask("three", images=Images(plain_images(2, seed=9))))
    assert encoded == [3, 2]
    assert replies[0].answer.scores is not None and replies[1].answer.scores is not None
    assert replies[0].answer.scores.equal(replies[1].answer.scores)
    assert other.charge.images == 2


def test_mini_batches_push_no_stored_images_out() -> None:
    images = plain_images(4)
    service = served(stored_bytes=4 * 1024, inline_bytes=1)
    service.store(images)
    for seed in range(1, 4):
        answered(service, ask(f"q{seed}", images=Images(plain_images(2, seed))))
    stored = Images(stored=(StoredRows(image_digest(images), (0,)),))
    assert answered(service, ask("last", images=stored)).charge.images == 1


def test_unknown_and_forgotten_sets_are_named() -> None:
    first, second = plain_images(4, seed=1), plain_images(4, seed=2)
    service = served(stored_bytes=1)
    stored = tuple(StoredRows(image_digest(images), (0, 3)) for images in (first, second))
    for known in ((), (first,), (first, second)):
        for images in known:
            service.store(images)
        missing = stored[:1] if len(known) == 2 else stored[len(known) :]
        with pytest.raises(ImagesUnknown) as raised:
            service.score(ask(images=Images(stored=stored)))
        assert raised.value.digests == tuple(one.digest for one in missing)


@pytest.mark.parametrize(
    ("offered", "wanted", "due"),
    [
        ("logits", "label", "label"),
        ("logits", {"top": 2}, {"top": 2}),
        ("logits", {"top": 5}, {"top": 3}),
        ("logits", "log_probabilities", "log_probabilities"),
        ({"top": 3, "digits": 2}, "label", "label"),
        ({"top": 3, "digits": 2}, {"top": 2}, {"top": 2, "digits": 2}),
        ({"kind": "logits", "digits": 1}, "logits", {"kind": "logits", "digits": 1}),
        ({"top": 2}, {"top": 10**6}, None),
        ("label", {"top": 1}, None),
        ("logits", {"top": 10**6}, {"top": 3}),
        ("logits", {"kind": "logits", "digits": 1}, None),
        ("logits", {"kind": "logits", "noise": 0.5}, None),
    ],
)
def test_it_gives_what_can_be_made_of_its_answers(
    offered: object, wanted: object, due: object
) -> None:
    service = served(answers=Answers.model_validate(offered))
    question = ask(answers=Answers.model_validate(wanted))
    if due is None:
        with pytest.raises(UserError, match="answers: "):
            service.score(question)
        return
    found = answered(service, question).answer
    batch = Batch(torch.zeros(3, dtype=torch.long), as_seen(plain_images()))
    logits = in_memory().query(question.prompts, batch)
    expected = restrict(logits, Answers.model_validate(due))
    for got, right in ((found.scores, expected.scores), (found.classes, expected.classes)):
        assert (got is None) == (right is None)
        assert got is None or right is None or got.equal(right)


def test_noise_is_the_same_for_a_question_that_is_repeated_and_no_other() -> None:
    noisy = Answers.model_validate({"kind": "logits", "noise": 0.5})
    service = served(answers=noisy)
    first, again, other = (answered(service, ask(id_)).answer.scores for id_ in ("a", "a", "b"))
    assert first is not None and again is not None and other is not None
    assert first.equal(again)
    assert not first.equal(other)
    plain = answered(served(), ask("a")).answer.scores
    assert plain is not None
    assert 0.1 < float((first - plain).std()) < 1.5


def test_tokens_are_those_of_all_texts_of_all_candidates() -> None:
    service = served()
    count = service.count
    texts = ["a photo of a cat.", "a photo of a annual crop land.", "a photo of a boeing 747."]
    assert answered(service, ask("a")).charge.tokens == sum(count(texts))
    names = sum(count(NAMES))
    context = Prompts(context=numbers(5, 7, WIDTH))
    assert answered(service, ask("b", context)).charge.tokens == 5 * (3 * 7 + names)
    both = Prompts(ensembles=(Ensemble(("{}",)), Ensemble(("{}", "{}"))))
    assert answered(service, ask("c", both)).charge.tokens == 3 * names


BAD: dict[str, tuple[Question, str]] = {
    "context of another width": (ask(prompts=Prompts(context=numbers(1, 2, 64))), "width 128"),
    "too much context": (ask(prompts=Prompts(context=numbers(1, 60, WIDTH))), "context tokens"),
    "visual tokens of another width": (
        ask(prompts=Prompts(templates=("{}",), visual_tokens=numbers(1, 2, 64))),
        "width 128",
    ),
    "very many visual tokens": (
        ask(prompts=Prompts(templates=("{}",), visual_tokens=numbers(1, 300, WIDTH))),
        "at most 256",
    ),
    "deep prompts without context": (
        ask(prompts=Prompts(templates=("{}",), deep=DeepPrompts(text=numbers(1, 1, 1, WIDTH)))),
        "context",
    ),
    "deep prompts of another width": (
        ask(
            prompts=Prompts(
                context=numbers(1, 2, WIDTH), deep=DeepPrompts(text=numbers(1, 1, 2, 64))
            )
        ),
        "width 128",
    ),
    "too many deep prompts": (
        ask(
            prompts=Prompts(
                context=numbers(1, 2, WIDTH), deep=DeepPrompts(text=numbers(1, 9, 2, WIDTH))
            )
        ),
        "layers",
    ),
    "a template without a place": (ask(prompts=Prompts(templates=("a cat",))), "one {}"),
    "a template with two": (ask(prompts=Prompts(templates=("{} {}",))), "one {}"),
    "a long name": (ask(classes=("cat", "very " * 50)), "overfills"),
    "other sizes": (
        ask(images=Images(torch.zeros(2, 3, 8, 8, dtype=torch.uint8))),
        f"3 x {SIZE} x {SIZE}",
    ),
    "pixels of other candidates": (
        ask(
            prompts=Prompts(context=numbers(1, 2, WIDTH)),
            images=Images(pixels=numbers(2, 1, 3, SIZE, SIZE)),
        ),
        "1 or 1 candidates",
    ),
    "visual tokens on stored images": (
        ask(
            prompts=Prompts(templates=("{}",), visual_tokens=numbers(1, 2, WIDTH)),
            images=Images(stored=(StoredRows(image_digest(SETS[1]), (0,)),)),
        ),
        "pixels",
    ),
    "a row beyond the set": (
        ask(images=Images(stored=(StoredRows(image_digest(SETS[1]), (7,)),))),
        "7 images",
    ),
    "numbers beyond all bounds": (
        ask(prompts=Prompts(context=torch.full((1, 2, WIDTH), 3e38))),
        "finite",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_the_model_cannot_answer_is_refused_in_words(what: str, filled: ServedModel) -> None:
    question, told = BAD[what]
    with pytest.raises(UserError, match=told):
        filled.score(question)
    assert answered(filled, ask("after")).charge.queries == 1


def test_what_it_remembers_of_texts_stays_within_its_memory() -> None:
    service = served(text_bytes=20_000)
    for number in range(30):
        classes = (*NAMES, f"class {number % 3}")
        template = Prompts(templates=(f"picture {number} of a {{}}.",))
        answered(service, ask(f"q{number}", template, classes=classes))
        kept = sum(one.remembered_bytes for one in service._oracles.values())
        assert kept <= 20_000


def test_strangers_words_do_not_fill_the_tokenizer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.server.text_tokens._WORDS_KEPT", 50)
    service, tokenizer = served(), pocket().tokenizer
    for number in range(10):
        service.count([f"word{'abcdefghij'[k]}{'klmnopqrst'[number]}" for k in range(10)])
        assert len(tokenizer.cache) <= 60
    assert service.count(["<start_of_text>"]) == [1]


def test_long_lists_of_class_names_take_no_memory_once_they_are_counted() -> None:
    counter, question = TextTokens(Mock(count=lambda _: 1)), ask()
    tracemalloc.start()
    try:
        for number in range(20):
            names = tuple(f"{number}-{k}".ljust(300, "x") for k in range(1000))
            assert counter.of(replace(question, classes=names)) == 1000
        del names
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2**20


def test_equal_offers_have_equal_fingerprints_and_others_others() -> None:
    def fingerprint(**offer: object) -> str:
        return served(**offer).capabilities.fingerprint

    assert fingerprint() == fingerprint(name="other", stored_bytes=1)
    assert fingerprint() != fingerprint(answers=Answers(kind="label"))
    assert fingerprint() != fingerprint(precision="bf16")
