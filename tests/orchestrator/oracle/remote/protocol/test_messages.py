from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.torch import save
from torch import Tensor

from methods.interface import Prompts
from orchestrator.answers import Answers
from orchestrator.oracle.answering import Answer
from orchestrator.oracle.remote.protocol import container
from orchestrator.oracle.remote.protocol.container import BadMessage, validated
from orchestrator.oracle.remote.protocol.forms import ChargeForm
from orchestrator.oracle.remote.protocol.lone_tensors import (
    embedding_bytes,
    image_bytes,
    image_digest,
    read_embeddings,
    read_images,
)
from orchestrator.oracle.remote.protocol.questions import question_bytes, read_question
from orchestrator.oracle.remote.protocol.replies import read_reply, reply_bytes
from orchestrator.oracle.remote.request import Images, Question, Reply
from tests.orchestrator.oracle.remote import messages
from tests.orchestrator.oracle.remote.messages import FINGERPRINT, same

TEMPLATES = Prompts(templates=("a photo of a {}.",))
PLAIN = Images(plain=torch.zeros(2, 3, 4, 4, dtype=torch.uint8))
QUESTION = Question("id", ("cat", "dog"), TEMPLATES, PLAIN, Answers())
TOP = Question("id", ("cat", "dog", "cow"), TEMPLATES, PLAIN, Answers(kind="top", top=2))

READERS: dict[str, Callable[[bytes], object]] = {
    "question": read_question,
    "reply": lambda body: read_reply(body, QUESTION),
    "images": read_images,
    "embeddings": lambda body: read_embeddings(body, 4),
}
SAMPLES = {
    "question": question_bytes(QUESTION, "m", FINGERPRINT),
    "reply": reply_bytes(Reply(messages.answer_to(QUESTION), fingerprint=FINGERPRINT)),
    "images": image_bytes(torch.zeros(2, 3, 4, 4, dtype=torch.uint8)),
    "embeddings": embedding_bytes(torch.zeros(3, 4)),
}


def file(header: object, data: bytes = b"") -> bytes:
    """A safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def question_with(tensors: dict[str, Tensor] | None = None, **changes: Any) -> bytes:
    """The bytes of a question with parts of its form or its tensors changed."""
    form = {
        "id": "id",
        "model": "m",
        "fingerprint": FINGERPRINT,
        "classes": ["cat", "dog"],
        "answers": "logits",
        "templates": ["a {}."],
    }
    plain = {"plain": torch.zeros(2, 3, 4, 4, dtype=torch.uint8)}
    return bytes(
        save(plain if tensors is None else tensors, {"question": json.dumps(form | changes)})
    )


def reply_with(tensors: dict[str, Tensor], **changes: Any) -> bytes:
    form = {"charge": {}, "fingerprint": FINGERPRINT} | changes
    return bytes(save(tensors, {"reply": json.dumps(form)}))


@given(messages.questions())
def test_questions_arrive_as_they_were_sent(question: Question) -> None:
    form, read = read_question(question_bytes(question, "m", FINGERPRINT))
    assert same(read, question)
    assert (form.model, form.fingerprint) == ("m", FINGERPRINT)


@given(messages.questions())
def test_a_question_is_the_same_bytes_each_time(question: Question) -> None:
    once, again = (question_bytes(question, "m", FINGERPRINT) for _ in range(2))
    assert once == again


@given(messages.exchanges())
def test_replies_arrive_as_they_were_sent(exchange: tuple[Question, Reply]) -> None:
    question, reply = exchange
    assert same(read_reply(reply_bytes(reply), question), reply)


@given(messages.tensors(3, 3, 2, 2, dtype=torch.uint8))
def test_images_arrive_as_they_were_sent(images: Tensor) -> None:
    read = read_images(image_bytes(images))
    assert torch.equal(read, images)
    assert image_digest(read) == image_digest(images)


@pytest.mark.parametrize("tokens", [0, 1, 5])
def test_embeddings_arrive_as_they_were_sent(tokens: int) -> None:
    embeddings = torch.randn(tokens, 4)
    assert torch.equal(read_embeddings(embedding_bytes(embeddings), 4), embeddings)


def test_what_is_no_part_of_memory_in_order_is_sent_all_the_same() -> None:
    images = torch.arange(96, dtype=torch.uint8).view(2, 4, 4, 3).permute(0, 3, 1, 2)
    assert torch.equal(read_images(image_bytes(images)), images)


def read_or_refused(reader: Callable[[bytes], object], body: bytes) -> None:
    """Reads any bytes; whatever isn't BadMessage is a mistake."""
    try:
        reader(body)
    except BadMessage as error:
        assert str(error)


@pytest.mark.parametrize("name", READERS)
@given(body=st.binary(max_size=200))
def test_no_bytes_break_a_reader(name: str, body: bytes) -> None:
    read_or_refused(READERS[name], body)
    read_or_refused(READERS[name], struct.pack("<Q", len(body)) + body)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150)
@given(data=st.data())
def test_no_damage_breaks_a_reader(name: str, data: st.DataObject) -> None:
    body = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = min(len(body), start + data.draw(st.integers(0, 8)))
        body[start:end] = data.draw(st.binary(max_size=8))
    read_or_refused(READERS[name], bytes(body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
TENSOR = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "U8", "I64", "F64", "BF16", "BOOL", "F8_E4M3", "F4", "X"]),
        "shape": st.lists(st.integers(-1, 5) | st.sampled_from([2**31, 2**62, 2**64]), max_size=6),
        "data_offsets": st.lists(st.integers(-1, 200) | st.just(2**63), max_size=3),
    }
)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    tensors=st.dictionaries(
        st.sampled_from(
            ["plain", "scores", "classes", "context", "pixels", "embeddings", "weights_0"]
        ),
        TENSOR | JSON,
        max_size=3,
    ),
    metadata=st.none() | JSON | st.fixed_dictionaries({"question": JSON | JSON.map(json.dumps)}),
    size=st.integers(0, 200),
)
def test_no_header_breaks_a_reader(
    name: str, tensors: dict[str, object], metadata: object, size: int
) -> None:
    body = file({**tensors, "__metadata__": metadata}, bytes(size))
    read_or_refused(READERS[name], body)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.dictionaries(
        st.sampled_from(
            [
                "id",
                "classes",
                "answers",
                "templates",
                "ensembles",
                "stored",
                "protocol",
                "label",
                "x",
            ]
        ),
        JSON | st.just({"top": 2**70}) | st.just([{"digest": "0" * 64, "rows": [2**70]}]),
        max_size=3,
    )
)
def test_no_form_breaks_a_reader(changes: dict[str, object]) -> None:
    read_or_refused(read_question, question_with(**changes))


BAD_FILES = {
    "nothing": b"",
    "too short": b"\x01\x00\x00",
    "a header longer than the file": struct.pack("<Q", 2**63) + b"{}",
    "no object": file([]),
    "deep JSON": file(b"[" * 200_000),
    "deep JSON in an object": file(b'{"a":' * 200_000),
    "a repeated name": file(b'{"__metadata__":{"question":"{}","question":"{}"}}'),
    "repeated metadata": file(b'{"__metadata__":{},"__metadata__":{"question":"{}"}}'),
    "metadata of another kind": file({"__metadata__": None}),
    "a number in the metadata": file({"__metadata__": {"question": 1, "reply": 1}}),
    "a long number": file(b'{"__metadata__":' + b"1" * 10_000 + b"}"),
    "bad letters": file(b'{"\xff":1}'),
    "half a letter": file(b'{"__metadata__":{"question":"\\ud800","reply":"\\ud800"}}'),
    "overlapping tensors": file(
        {
            "plain": {"dtype": "U8", "shape": [1, 3, 1, 1], "data_offsets": [0, 3]},
            "pixels": {"dtype": "U8", "shape": [1, 3, 1, 1], "data_offsets": [0, 3]},
        },
        bytes(3),
    ),
    "a tensor beyond the end": file(
        {"plain": {"dtype": "U8", "shape": [1, 3, 1, 1], "data_offsets": [0, 3]}}, bytes(1)
    ),
    "another size than its shape": file(
        {"plain": {"dtype": "U8", "shape": [1, 3, 9, 9], "data_offsets": [0, 3]}}, bytes(3)
    ),
    "half a number": file({"plain": {"dtype": "F4", "shape": [1], "data_offsets": [0, 0]}}),
    "an endless shape": file(
        {"plain": {"dtype": "U8", "shape": [0, 2**63, 2**63, 1], "data_offsets": [0, 0]}}
    ),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_are_refused(name: str, kind: str) -> None:
    with pytest.raises(BadMessage):
        READERS[name](BAD_FILES[kind])


def test_headers_of_absurd_length_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MOST_SAID", 100)
    with pytest.raises(BadMessage, match="at most 100 bytes of metadata, got"):
        read_question(SAMPLES["question"])


def test_tensors_with_strange_names_are_refused_before_they_are_made() -> None:
    with pytest.raises(BadMessage, match="unknown tensor 'evil'"):
        read_images(file({"evil": {"dtype": "U8", "shape": [2**60], "data_offsets": [0, 1]}}))


NAN = torch.full((1, 2, 4), float("nan"))
BAD_QUESTIONS = {
    "protocol: expected 1, got 2": question_with(protocol=2),
    "id: ": question_with(id="../../etc"),
    "classes: ": question_with(classes=[]),
    "classes.0: ": question_with(classes=[""]),
    "label: ": question_with(label="a b"),
    "fingerprint: ": question_with(fingerprint="a\nb"),
    "answers": question_with(answers={"noise": -1}),
    "rows": question_with(stored=[{"digest": "0" * 64, "rows": [-1]}]),
    "digest": question_with(stored=[{"digest": "../x", "rows": [1]}]),
    "exactly one of": question_with(templates=[]),
    "in one form": question_with({"plain": PLAIN.plain, "pixels": torch.zeros(1, 2, 3, 4, 4)}),  # type: ignore[dict-item]
    "in one form, .* got 0": question_with({}),
    "unknown tensor 'weights_0'": question_with({"weights_0": torch.zeros(1, 2)}),
    "plain: expected 4 dimensions of uint8": question_with({"plain": torch.zeros(2, 3, 4, 4)}),
    "plain: .* none of them empty": question_with({"plain": torch.zeros(0, 3, 4, 4).byte()}),
    "context: not all numbers are finite": question_with({"context": NAN}, templates=[]),
    "weights_0: expected 1 x 2": question_with(
        {"weights_0": torch.zeros(2, 2)}, templates=[], ensembles=[["a {}"]]
    ),
    "weights_0: not all": question_with(
        {"weights_0": torch.full((1, 2), float("inf"))}, templates=[], ensembles=[["a {}"]]
    ),
    "disagree on the number of candidates": question_with(
        {"context": torch.zeros(2, 2, 4), "visual_tokens": torch.zeros(3, 2, 4)}, templates=[]
    ),
    "pixels: expected images of 1 or 2": question_with(
        {"context": torch.zeros(2, 2, 4), "pixels": torch.zeros(3, 1, 3, 4, 4)}, templates=[]
    ),
}


@pytest.mark.parametrize("match", BAD_QUESTIONS)
def test_bad_questions_are_refused_with_what_was_expected(match: str) -> None:
    with pytest.raises(BadMessage, match=match):
        read_question(BAD_QUESTIONS[match])


LOGITS = torch.zeros(1, 2, 2)
BAD_REPLIES = {
    "scores: expected .1, 2, 2., got none": reply_with({}),
    "scores: expected .1, 2, 2., got .2, 2, 2.": reply_with({"scores": torch.zeros(2, 2, 2)}),
    "scores: expected": reply_with({"scores": LOGITS.double()}),
    "scores: not all numbers are finite": reply_with({"scores": LOGITS / 0}),
    "classes: expected none": reply_with(
        {"scores": LOGITS, "classes": torch.zeros(1, 2, 1).long()}
    ),
    "unknown tensor": reply_with({"scores": LOGITS, "logits": LOGITS.clone()}),
    "charge.queries": reply_with({"scores": LOGITS}, charge={"queries": -1}),
    "charge.tokens": reply_with({"scores": LOGITS}, charge={"tokens": 2**60}),
    "charge.money: Input should be less": reply_with({"scores": LOGITS}, charge={"money": 1e300}),
    "charge.money": reply_with({"scores": LOGITS}, charge={"money": float("inf")}),
    "fingerprint": reply_with({"scores": LOGITS}, fingerprint="\x1b[31m"),
    "extra": reply_with({"scores": LOGITS}, extra=1),
}


@pytest.mark.parametrize("match", BAD_REPLIES)
def test_bad_replies_are_refused_with_what_was_expected(match: str) -> None:
    with pytest.raises(BadMessage, match=match):
        read_reply(BAD_REPLIES[match], QUESTION)


def named(classes: list[int], scores: float = -1.0) -> bytes:
    """A reply to `TOP` that names these classes for both images."""
    answer = Answer(torch.full((1, 2, 2), scores), torch.tensor([[classes, classes]]))
    return reply_bytes(Reply(answer, fingerprint=FINGERPRINT))


@pytest.mark.parametrize(
    ("body", "match"),
    [
        (named([0, 3]), "classes: expected numbers from 0 to 2"),
        (named([-1, 0]), "classes: expected numbers from 0 to 2"),
        (named([1, 1]), "each class at most once"),
        (named([0, 1], 0.5), "log-probabilities, got numbers above 0"),
    ],
)
def test_best_classes_that_make_no_sense_are_refused(body: bytes, match: str) -> None:
    with pytest.raises(BadMessage, match=match):
        read_reply(body, TOP)


@pytest.mark.parametrize("body", [embedding_bytes(torch.zeros(3, 5)), SAMPLES["images"]])
def test_embeddings_of_another_width_are_refused(body: bytes) -> None:
    with pytest.raises(BadMessage):
        read_embeddings(body, 4)


@given(st.binary(max_size=50))
@example(b"\xff")
@example(b"[" * 10_000)
def test_no_json_breaks_a_form(text: bytes) -> None:
    read_or_refused(lambda body: validated(ChargeForm, body), text)
