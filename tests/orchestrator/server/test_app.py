"""The endpoints of protocol 1, as a client sees them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import httpx
import pytest
import torch
from safetensors.torch import load

from methods.interface import Prompts
from orchestrator.money import Prices
from orchestrator.oracle.remote.description import Capabilities, Limits, SpaceForm
from orchestrator.oracle.remote.protocol.forms import ChargeForm
from orchestrator.oracle.remote.protocol.lone_tensors import image_bytes, image_digest
from orchestrator.oracle.remote.request import Charge, Images, Question, Reply, StoredRows
from orchestrator.server.access import Access
from tests.orchestrator.server.clients import Client, service_client, told
from tests.orchestrator.server.questions import NAMES, TENSORS, ask, body, plain_images
from tests.service_in_thread import service_in_thread

ALICE, BOB = "alices-secret", "bobs-secret"
SMALL = Limits(request_bytes=20_000, images=4, stored_images=6, classes=5, prompts=6, text=40)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of a service without tokens and with small limits."""
    with service_client(SMALL) as found:
        yield found


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_it_is_healthy_and_describes_itself(client: Client) -> None:
    assert client.http.get("/health").json() == {"status": "ok"}
    assert client.http.get("/openapi.json").json()["openapi"] == "3.1.0"
    said = client.http.get("/v1/models").json()
    assert said["protocol"] == 1
    (offered,) = said["models"]
    assert Capabilities.model_validate_json(json.dumps(offered)) == client.model.capabilities


def test_shapes_depend_on_the_longest_class_name(client: Client) -> None:
    def room(*classes: str) -> int:
        answered = client.http.post("/v1/space", json={"model": "pocket", "classes": classes})
        return SpaceForm.model_validate(answered.json()).context_tokens

    assert room("cat") > room("cat", "annual crop land and more")
    space = client.model.space(NAMES)
    assert room(*NAMES) == space.context_tokens


def test_words_are_counted_and_looked_up(client: Client) -> None:
    asked = {"model": "pocket", "texts": ["a photo of a", "", "cat"]}
    counts = client.http.post("/v1/words", json=asked).json()["counts"]
    assert counts == client.model.count(asked["texts"])
    for text in ("a photo of a", ""):
        asked = {"model": "pocket", "texts": [text], "embed": True}
        found = client.http.post("/v1/words", json=asked)
        assert found.headers["content-type"] == TENSORS["content-type"]
        assert load(found.content)["embeddings"].equal(client.model.embed(text))
    two = {"model": "pocket", "texts": ["a", "b"], "embed": True}
    assert told(client.http.post("/v1/words", json=two)) == (400, "bad_message")


def test_images_are_sent_once_and_named_afterwards(client: Client) -> None:
    images = plain_images(4, seed=5)
    digest = image_digest(images)
    question = ask("stored", images=Images(stored=(StoredRows(digest, (3, 0)),)))
    refused = client.post(body(question, client.model))
    assert told(refused) == (404, "images_unknown")
    assert refused.json()["error"]["digests"] == [digest]
    before = client.charged()
    place = f"/v1/models/pocket/images/{digest}"
    for _ in range(2):
        sent = client.http.put(place, content=image_bytes(images), headers=TENSORS)
        assert (sent.status_code, sent.content) == (204, b"")
    assert client.charged() == before, "sending images is free"
    inline = ask("inline", images=Images(images[[3, 0]]))
    scores = [client.score(one).answer.scores for one in (question, inline)]
    assert scores[0] is not None and scores[1] is not None
    torch.testing.assert_close(scores[0], scores[1])


@pytest.mark.parametrize(
    ("place", "images", "error"),
    [
        ("pocket/images/" + "0" * 64, plain_images(2), (400, "bad_message")),
        ("pocket/images/..%2f..%2fetc", plain_images(2), (404, "not_found")),
        ("pocket/images/xyz", plain_images(2), (400, "bad_message")),
        ("other/images/{}", plain_images(2), (404, "unknown_model")),
        ("pocket/images/{}", plain_images(5), (413, "too_large")),
        ("pocket/images/{}", plain_images(2)[..., :8], (422, "refused")),
        ("pocket/images/{}", plain_images(12), (413, "too_large")),
    ],
)
def test_other_sets_of_images_are_refused(
    client: Client, place: str, images: torch.Tensor, error: tuple[int, str]
) -> None:
    path = f"/v1/models/{place.format(image_digest(images))}"
    assert told(client.http.put(path, content=image_bytes(images), headers=TENSORS)) == error


@pytest.mark.parametrize(
    ("path", "document", "error"),
    [
        ("space", {"model": "pocket"}, (400, "bad_message")),
        ("space", {"model": "pocket", "classes": []}, (400, "bad_message")),
        ("space", {"model": "pocket", "classes": ["a", 1]}, (400, "bad_message")),
        ("space", {"model": "pocket", "classes": ["a"], "more": 1}, (400, "bad_message")),
        ("space", {"model": "other", "classes": ["a"]}, (404, "unknown_model")),
        ("space", {"model": "pocket", "classes": ["a"] * 6}, (413, "too_large")),
        ("space", {"model": "pocket", "classes": ["a" * 41]}, (413, "too_large")),
        ("space", {"model": "pocket", "classes": ["x1y2" * 10]}, (422, "refused")),
        ("space", {"model": "pocket", "classes": [""] * 5000}, (400, "bad_message")),
        ("words", {"model": "pocket", "texts": []}, (400, "bad_message")),
        ("words", {"model": "other", "texts": ["a"]}, (404, "unknown_model")),
        ("words", {"model": "pocket", "texts": ["a" * 41]}, (413, "too_large")),
        ("words", {"model": "pocket", "texts": ["a" * 20_000]}, (413, "too_large")),
    ],
)
def test_other_documents_are_refused(
    client: Client, path: str, document: object, error: tuple[int, str]
) -> None:
    assert told(client.http.post(f"/v1/{path}", json=document)) == error


def test_what_is_no_json_is_refused(client: Client) -> None:
    for sent in (b"", b"{", b"[" * 10_000, b'{"model": "\\ud800", "classes": ["a"]}', b"\xff"):
        headers = {"content-type": "application/json; charset=utf-8"}
        answered = client.http.post("/v1/space", content=sent, headers=headers)
        assert told(answered) == (400, "bad_message")


def test_other_addresses_and_methods_are_refused(client: Client) -> None:
    for path in ("/", "/v1", "/v1/score/", "/health/x", "//etc/passwd", "/v1/models/pocket"):
        assert told(client.http.get(path)) == (404, "not_found")
    for method, path in (("POST", "/health"), ("GET", "/v1/score"), ("DELETE", "/v1/usage")):
        assert told(client.http.request(method, path)) == (405, "method_not_allowed")


def test_a_body_of_another_type_is_refused(client: Client) -> None:
    sent = body(ask(), client.model)
    for headers in (
        {"content-type": "application/octet-stream"},
        {},
        {**TENSORS, "content-encoding": "gzip"},
    ):
        answered = client.http.post("/v1/score", content=sent, headers=headers)
        assert told(answered) == (415, "unsupported_type")


def test_a_long_body_is_refused(client: Client) -> None:
    sent = b"x" * (SMALL.request_bytes + 1)
    assert told(client.post(sent)) == (413, "too_large")
    assert told(client.post(sent[1:])) == (400, "bad_message")


def test_tokens_are_needed_everywhere_but_for_health_and_description() -> None:
    with service_client(access=Access({"alice": ALICE, "bob": BOB})) as client:
        http = client.http
        assert http.get("/health").status_code == http.get("/openapi.json").status_code == 200
        digest = image_digest(plain_images())
        for method, path in (
            ("GET", "/v1/models"),
            ("GET", "/v1/usage"),
            ("POST", "/v1/space"),
            ("POST", "/v1/words"),
            ("POST", "/v1/score"),
            ("PUT", f"/v1/models/pocket/images/{digest}"),
        ):
            for headers in ({}, bearer("someone-elses"), {"authorization": f"Basic {ALICE}"}):
                refused = http.request(method, path, headers=headers, content=b"x" * 10)
                assert told(refused) == (401, "unauthorized")
                assert refused.headers["www-authenticate"] == "Bearer"
        assert http.get("/v1/models", headers=bearer(ALICE)).status_code == 200


def test_charges_and_ids_are_by_client_and_usage_by_label() -> None:
    with service_client(access=Access({"alice": ALICE, "bob": BOB})) as client:
        one = client.score(ask("id", label="cell-1"), **bearer(ALICE))
        two = client.score(ask("id", images=Images(plain_images(2)), label="c2"), **bearer(BOB))
        more = client.score(ask("more", label="cell-2"), **bearer(ALICE))
        assert not (one.repeated or two.repeated or more.repeated)

        def usage(token: str, query: str = "") -> Charge:
            answered = client.http.get(f"/v1/usage{query}", headers=bearer(token))
            return ChargeForm.model_validate(answered.json()).charge

        assert usage(ALICE) == one.charge + more.charge
        assert usage(ALICE, "?label=cell-2") == more.charge
        assert usage(ALICE, "?label=c2") == Charge()
        assert usage(BOB) == two.charge
        for query in ("?label=a%20b", "?label=" + "a" * 101, "?lable=cell-1", "?label=%0a"):
            refused = client.http.get(f"/v1/usage{query}", headers=bearer(ALICE))
            assert told(refused) == (400, "bad_message")


def test_a_service_with_prices_says_what_it_costs() -> None:
    prices = Prices(per_call=0.5, per_image=0.01, per_1000_tokens=2.0)
    with service_client(prices=prices) as client:
        charge = client.score(ask()).charge
        expected = 0.5 * charge.queries + 0.01 * charge.images + 0.002 * charge.tokens
        assert charge.money == pytest.approx(expected)
        assert client.score(ask()).charge == charge
        assert client.http.get("/v1/usage").json()["money"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (ask(classes=("a",) * 6), (413, "too_large")),
        (ask(classes=("a" * 41,)), (413, "too_large")),
        (ask(prompts=Prompts(templates=("{}",) * 7)), (413, "too_large")),
        (ask(prompts=Prompts(templates=("{}" + "a" * 39,))), (413, "too_large")),
        (ask(images=Images(plain_images(5))), (413, "too_large")),
        (ask(images=Images(stored=(StoredRows("0" * 64, (0,) * 7),))), (413, "too_large")),
        (ask(prompts=Prompts(templates=("a cat",))), (422, "refused")),
    ],
)
def test_questions_beyond_the_limits_are_refused_and_not_charged(
    client: Client, question: Question, error: tuple[int, str]
) -> None:
    before = client.charged()
    assert client.refusal(question) == error
    assert client.charged() == before


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(work=8), "prompts times class names"),
        (Limits(work=9), "candidates times images"),
        (Limits(scores=26), "scores"),
    ],
)
def test_products_of_what_is_asked_are_limited(limits: Limits, what: str) -> None:
    prompts = Prompts(context=torch.zeros(3, 2, 128), visual_tokens=torch.zeros(3, 1, 128))
    images = Images(plain_images(4 if limits.work == 9 else 3))
    with service_client(limits) as client:
        refused = client.post(body(ask(prompts=prompts, images=images), client.model))
        assert told(refused) == (413, "too_large")
        assert refused.json()["error"]["message"].startswith(what)


def test_an_error_within_shows_a_reference_and_no_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with service_client() as client:

        def fail(*_: object) -> None:
            raise RuntimeError("secret place\n[00000000] forged line \x1b[31m")

        monkeypatch.setattr(client.model, "score", fail)
        refused = client.post(body(ask(), client.model))
        assert told(refused) == (500, "failed")
        reference = refused.json()["error"]["reference"]
        assert "secret" not in refused.text and "Traceback" not in refused.text
        logged = capsys.readouterr().err
        assert "secret place" in logged and "\x1b" not in logged
        assert all(line.startswith(f"[{reference}] ") for line in logged.splitlines())
        assert client.charged() == Charge()
        monkeypatch.undo()
        assert client.score(ask()).charge == client.charged()


def test_it_is_healthy_while_it_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    with service_in_thread() as service:
        computing, go_on = threading.Event(), threading.Event()
        score = service.model.score

        def slow(question: Question) -> Reply:
            computing.set()
            assert go_on.wait(60)
            return score(question)

        monkeypatch.setattr(service.model, "score", slow)
        answers: list[httpx.Response] = []

        def send() -> None:
            sent = body(ask(), service.model)
            url = f"{service.address}/v1/score"
            answers.append(httpx.post(url, content=sent, headers=TENSORS, timeout=60))

        sender = threading.Thread(target=send)
        sender.start()
        assert computing.wait(60)
        for path in ("/health", "/v1/models", "/v1/usage"):
            assert httpx.get(f"{service.address}{path}", timeout=60).status_code == 200
        go_on.set()
        sender.join(60)
        assert answers[0].status_code == 200
