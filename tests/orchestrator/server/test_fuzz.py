"""Whatever is sent, the service says no in words, charges nothing for it, and stays up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

from methods.interface import Ensemble, Prompts
from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.protocol.lone_tensors import image_bytes, image_digest
from orchestrator.oracle.remote.request import Images, StoredRows
from tests.orchestrator.server.clients import Client, service_client, told
from tests.orchestrator.server.questions import TENSORS, ask, body, numbers, plain_images

JSON = {"content-type": "application/json"}
SET = plain_images(2, seed=3)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW")
PATHS = (
    "/health",
    "/openapi.json",
    "/v1/models",
    "/v1/space",
    "/v1/words",
    "/v1/score",
    "/v1/usage",
    "/v1/usage?label=%00",
    "/v1/models/pocket/images/" + "0" * 64,
    "/v1/models/pocket/images/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
)


class Watched:
    """A service that is watched: no request may fail in it, or be charged without a reply."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._charged = client.charged().requests

    def check(self, answered: Response) -> int:
        """The status of a response, once it was checked."""
        if answered.status_code >= 400 and answered.request.method != "HEAD":
            told(answered)
        assert answered.status_code < 500, answered.text
        charged = self.client.charged().requests
        assert charged - self._charged == _newly_charged(answered), "charged without a reply"
        self._charged = charged
        return answered.status_code

    def check_itself(self) -> None:
        """A right request is still answered."""
        assert self.client.score(ask("right")).charge.queries == 1
        self._charged = self.client.charged().requests


def _newly_charged(answered: Response) -> int:
    if answered.request.url.path != "/v1/score" or answered.status_code != 200:
        return 0
    message = answered.content
    header = json.loads(message[8 : 8 + int.from_bytes(message[:8], "little")])
    return int(not json.loads(header["__metadata__"]["reply"])["repeated"])


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    limits = Limits(request_bytes=2**16, prompts=20, images=20, classes=20)
    with service_client(limits, free_per_minute=1e6) as client:
        client.model.store(SET)
        found = Watched(client)
        yield found
        found.check_itself()


HEADERS = st.dictionaries(
    st.sampled_from(("content-type", "authorization", "content-encoding", "accept", "x-other")),
    st.one_of(
        st.sampled_from((TENSORS["content-type"], "application/json", "gzip", "Bearer x")),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    ),
)


@given(st.sampled_from(METHODS), st.sampled_from(PATHS), HEADERS, st.binary(max_size=200))
def test_any_request(
    watched: Watched, method: str, path: str, headers: dict[str, str], sent: bytes
) -> None:
    watched.check(watched.client.http.request(method, path, headers=headers, content=sent))


@settings(max_examples=25)  # of eight requests each
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_address(watched: Watched, path: str) -> None:
    http = watched.client.http
    for start in ("/", "/v1/", "/v1/models/pocket/images/", "/v1/usage?label="):
        watched.check(http.get(start + _quoted(path)))
        watched.check(http.put(start + _quoted(path), content=image_bytes(SET), headers=TENSORS))


def _quoted(path: str) -> str:
    return "".join(f"%{byte:02x}" for byte in path.encode())


ANY_JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(min_value=-(10**40), max_value=10**40),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(
            ("pocket", "", "{}", "a photo of a {}.", "<end_of_text>", "\x00", "a" * 3000)
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
TEXTS = st.lists(st.text(max_size=60), min_size=1, max_size=4)


@given(
    st.sampled_from(("space", "words")),
    st.dictionaries(st.sampled_from(("model", "classes", "texts", "embed", "more")), ANY_JSON),
)
def test_any_document(watched: Watched, path: str, changes: dict[str, Any]) -> None:
    names = {"space": "classes", "words": "texts"}
    document = {"model": "pocket", names[path]: ["cat"], **changes}
    sent = json.dumps(document).encode()
    watched.check(watched.client.http.post(f"/v1/{path}", content=sent, headers=JSON))
    watched.check(watched.client.http.post(f"/v1/{path}", content=sent[:-1], headers=JSON))


@given(TEXTS, st.booleans())
def test_any_words(watched: Watched, texts: list[str], embed: bool) -> None:
    for path, document in (
        ("space", {"model": "pocket", "classes": texts}),
        ("words", {"model": "pocket", "texts": texts, "embed": embed}),
    ):
        watched.check(watched.client.http.post(f"/v1/{path}", json=document))


QUESTIONS = {
    "template": ask("a"),
    "contexts": ask("b", Prompts(context=numbers(2, 3, 128))),
    "ensembles": ask(
        "c",
        Prompts(ensembles=(Ensemble(("{}", "a {}"), numbers(2, 3)), Ensemble(("the {}",)))),
        Images(stored=(StoredRows(image_digest(SET), (0, 1)),)),
    ),
    "images": ask(
        "d",
        Prompts(templates=("a {}.",), visual_tokens=numbers(2, 1, 128)),
        Images(pixels=numbers(2, 1, 3, 24, 24)),
    ),
}
IDS = st.text("abcdefghijklmnop", min_size=1, max_size=12)


@given(st.sampled_from(sorted(QUESTIONS)), st.data())
def test_questions_with_changed_bytes(watched: Watched, kind: str, data: st.DataObject) -> None:
    sent = bytearray(body(QUESTIONS[kind], watched.client.model))
    head = min(len(sent), 8 + int.from_bytes(sent[:8], "little"))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, head - 1) | st.integers(0, len(sent) - 1))
        match data.draw(st.sampled_from(("change", "cut", "insert", "drop"))):
            case "change":
                sent[place] = data.draw(st.integers(0, 255))
            case "cut":
                del sent[max(1, place) :]
            case "insert":
                sent[place:place] = data.draw(st.binary(max_size=9))
            case _:
                del sent[place : place + data.draw(st.integers(1, 9))]
        if not sent:
            break
        head = min(head, len(sent))
    watched.check(watched.client.post(bytes(sent)))


FIELDS = (
    "protocol",
    "id",
    "model",
    "fingerprint",
    "label",
    "classes",
    "answers",
    "templates",
    "ensembles",
    "stored",
    "more",
)
FITTING = {
    "classes": TEXTS,
    "templates": TEXTS,
    "ensembles": st.lists(TEXTS, max_size=3),
    "answers": st.fixed_dictionaries(
        {"kind": st.sampled_from(("logits", "top", "label", "other"))},
        optional={"top": st.integers(-1, 10**25), "digits": st.integers(0, 12)},
    ),
    "stored": st.lists(
        st.fixed_dictionaries(
            {
                "digest": st.just(image_digest(SET)),
                "rows": st.lists(st.integers(-1, 2) | st.just(10**30), max_size=3),
            }
        ),
        max_size=3,
    ),
}


@given(st.sampled_from(sorted(QUESTIONS)), IDS, st.data())
def test_questions_with_changed_forms(
    watched: Watched, kind: str, id_: str, data: st.DataObject
) -> None:
    sent = body(QUESTIONS[kind], watched.client.model)
    header = json.loads(sent[8 : 8 + int.from_bytes(sent[:8], "little")])
    form = {**json.loads(header["__metadata__"]["question"]), "id": id_}
    for field in data.draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3)):
        form[field] = data.draw(FITTING.get(field, ANY_JSON) | ANY_JSON)
    watched.check(watched.client.post(bytes(save(load(sent), {"question": json.dumps(form)}))))


SHAPES = st.lists(st.integers(0, 5) | st.sampled_from((24, 128, 300)), max_size=5)
DTYPES = st.sampled_from((torch.float32, torch.uint8, torch.int64, torch.float16, torch.bool))
NUMBERS = st.sampled_from((0.0, 1.0, -1e38, 3e38, float("inf"), float("nan")))


@given(st.sampled_from(sorted(QUESTIONS)), IDS, st.data())
def test_questions_with_other_tensors(
    watched: Watched, kind: str, id_: str, data: st.DataObject
) -> None:
    sent = body(QUESTIONS[kind], watched.client.model)
    header = json.loads(sent[8 : 8 + int.from_bytes(sent[:8], "little")])
    form = {**json.loads(header["__metadata__"]["question"]), "id": id_}
    tensors = dict(sorted(load(sent).items()))
    names = (*tensors, "context", "visual_tokens", "deep_text", "deep_visual", "weights_0", "more")
    for name in data.draw(st.lists(st.sampled_from(names), max_size=2)):
        known = list(tensors[name].shape) if name in tensors else []
        shape = data.draw(SHAPES | st.permutations(known) | st.just(known))
        if torch.Size(shape).numel() > 10_000:
            continue
        dtype, number = data.draw(DTYPES), data.draw(NUMBERS)
        fits = dtype == torch.float32
        tensors[name] = torch.full(shape, number if fits else int(number == 1.0), dtype=dtype)
    for name in data.draw(st.lists(st.sampled_from(names), max_size=1)):
        tensors.pop(name, None)
    watched.check(watched.client.post(bytes(save(tensors, {"question": json.dumps(form)}))))


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_as_a_file(watched: Watched, sent: bytes, framed: bool) -> None:
    message = len(sent).to_bytes(8, "little") + sent if framed else sent
    watched.check(watched.client.post(message))
    place = f"/v1/models/pocket/images/{image_digest(SET)}"
    watched.check(watched.client.http.put(place, content=message, headers=TENSORS))


@pytest.mark.parametrize(
    "header",
    [
        b"{}",
        b"null",
        b"[]",
        b'{"__metadata__": null}',
        b'{"__metadata__": {"question": "null"}}',
        b'{"__metadata__": {"question": 7}}',
        b'{"__metadata__": {"question": "{}", "question": "[]"}}',
        b'{"plain": {"dtype": "U8", "shape": [0, 4611686018427387904], "data_offsets": [0, 0]}}',
        b'{"plain": {"dtype": "F8_E4M3", "shape": [0], "data_offsets": [0, 0]}}',
        b'{"plain": {"dtype": "F4", "shape": [0], "data_offsets": [0, 0]}}',
        b'{"plain": {"dtype": "C64", "shape": [0], "data_offsets": [0, 0]}}',
        b'{"plain": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1000000]}}',
        b"[" * 50_000,
        b'{"a":' * 10_000,
    ],
)
def test_headers_that_others_have_tried(watched: Watched, header: bytes) -> None:
    message = len(header).to_bytes(8, "little") + header
    assert watched.check(watched.client.post(message)) == 400
    place = f"/v1/models/pocket/images/{image_digest(SET)}"
    assert watched.check(watched.client.http.put(place, content=message, headers=TENSORS)) == 400
