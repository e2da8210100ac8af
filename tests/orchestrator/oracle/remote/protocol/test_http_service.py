from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
import torch

from methods.interface import Prompts
from orchestrator.answers import Answers
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.remote.http.authorization import Token
from orchestrator.oracle.remote.http.client import Connection, HttpClient
from orchestrator.oracle.remote.http.exchange import BadReply
from orchestrator.oracle.remote.protocol.http_service import HttpService
from orchestrator.oracle.remote.protocol.lone_tensors import image_digest
from orchestrator.oracle.remote.protocol.questions import read_question
from orchestrator.oracle.remote.protocol.replies import reply_bytes
from orchestrator.oracle.remote.request import Charge, Images, Question, Reply, StoredRows
from orchestrator.oracle.remote.service import Caller, ImagesUnknown, ModelChanged, ServiceError
from tests.orchestrator.oracle.remote.fake_time import FakeTime
from tests.orchestrator.oracle.remote.messages import answer_to, same
from tests.orchestrator.oracle.remote.stand_in import CAPABILITIES, Handler, StandIn, error

PLAIN = torch.arange(96, dtype=torch.uint8).view(2, 3, 4, 4)
QUESTION = Question(
    id="1f",
    classes=("cat", "tabby cat"),
    prompts=Prompts(context=torch.ones(3, 2, 4)),
    images=Images(plain=PLAIN),
    answers=Answers(),
    label="cell",
)
STORED = replace(QUESTION, images=Images(stored=(StoredRows(image_digest(PLAIN), (1, 0, 1)),)))


def client_of(service: Handler, patience: float = 20.0) -> HttpClient:
    connection = Connection("http://models.example.org:8000", Token("QUERYCURVE_TEST"), in_flight=4)
    transport = httpx.MockTransport(service)
    return HttpClient(connection, Caller(patience=patience), transport, FakeTime().clock())


def opened(service: StandIn, fingerprint: str = "") -> HttpService:
    return HttpService.on(client_of(service), "pocket", fingerprint)


def says(response: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    """The same answer to everything."""
    return lambda _: httpx.Response(
        response.status_code, headers=response.headers, content=response.content
    )


def texts_in(request: httpx.Request) -> int:
    return len(json.loads(request.content)["texts"])


class TestOpening:
    def test_it_says_what_the_model_can_do(self) -> None:
        assert opened(StandIn(), "f00d").capabilities == CAPABILITIES

    def test_a_misspelt_model_is_refused_with_the_nearest(self) -> None:
        with pytest.raises(ServiceError, match=r"offers no model 'poket'\. Did you mean: pocket"):
            HttpService.on(client_of(StandIn()), "poket")

    def test_another_fingerprint_than_planned_is_refused(self) -> None:
        with pytest.raises(ModelChanged) as caught:
            opened(StandIn(), "beef")
        for part in ("models.example.org:8000", "'pocket'", "beef", "f00d", "kept", "run again"):
            assert part in str(caught.value)

    def test_a_model_that_is_gone_since_planning_is_refused(self) -> None:
        with pytest.raises(ModelChanged, match="doesn't offer the model 'poket' any more"):
            HttpService.on(client_of(StandIn()), "poket", "f00d")

    @pytest.mark.parametrize(("version", "older"), [(2, "querycurve"), (0, "the service")])
    def test_another_protocol_is_refused(self, version: int, older: str) -> None:
        said = {"protocol": version, "models": [{"made": "otherwise"}]}
        service = StandIn(answers={"/v1/models": says(httpx.Response(200, json=said))})
        with pytest.raises(ServiceError, match=f"version {version} .*: update {older}"):
            opened(service)

    def test_capabilities_that_make_no_sense_are_refused(self) -> None:
        said = CAPABILITIES.model_dump(mode="json") | {"fingerprint": "no\nway"}
        listed = {"protocol": 1, "models": [{"model": "other"}, said]}
        service = StandIn(answers={"/v1/models": says(httpx.Response(200, json=listed))})
        with pytest.raises(ServiceError, match="model 'pocket' makes no sense: fingerprint"):
            opened(service)

    @pytest.mark.parametrize("said", [[], {"models": []}, {"protocol": 1}, {"protocol": "1"}])
    def test_other_json_is_asked_for_again_and_refused(self, said: object) -> None:
        service = StandIn(answers={"/v1/models": says(httpx.Response(200, json=said))})
        with pytest.raises(BadReply, match="makes no sense, 3 times"):
            opened(service)
        assert len(service.requests) == 3

    def test_a_service_of_another_kind_is_refused(self) -> None:
        service = StandIn(answers={"/v1/models": says(httpx.Response(404, content=b"<html>"))})
        with pytest.raises(ServiceError, match=r"which models it offers \(status 404\)"):
            opened(service)

    def test_names_of_models_are_shown_without_control_characters(self) -> None:
        said = {"protocol": 1, "models": [{"model": "\x1b[31mred\r\n"}]}
        service = StandIn(answers={"/v1/models": says(httpx.Response(200, json=said))})
        with pytest.raises(ServiceError) as caught:
            opened(service)
        assert str(caught.value).isprintable()

    def test_a_backbone_without_an_address_is_refused(self) -> None:
        with pytest.raises(ServiceError, match="http:// or https://"):
            HttpService.open(Backbone(model="pocket", adapter="one.yaml"), Caller())


class TestScores:
    @pytest.mark.parametrize("kind", ["logits", "log_probabilities", {"top": 1}, "label"])
    def test_answers_of_every_kind_arrive(self, kind: object) -> None:
        question = replace(QUESTION, answers=Answers.model_validate(kind))
        reply = opened(StandIn()).score(question)
        assert same(reply.answer, answer_to(question, seed=2))
        assert (reply.charge, reply.repeated) == (Charge(1, 3, 6, 7), False)

    def test_a_repeated_question_is_the_same_bytes_and_charged_once(self) -> None:
        service = StandIn()
        client = opened(service)
        first, second = client.score(QUESTION), client.score(QUESTION)
        assert (first.repeated, second.repeated) == (False, True)
        assert first.charge == second.charge
        assert service.requests[-1].content == service.requests[-2].content
        assert client.usage("cell") == first.charge

    def test_a_question_sent_again_after_a_failure_is_the_same_bytes(self) -> None:
        service, sent = StandIn(), []

        def at_first(request: httpx.Request) -> httpx.Response:
            sent.append(request.content)
            del service.answers["/v1/score"]
            return httpx.Response(503)

        service.answers["/v1/score"] = at_first
        opened(service).score(QUESTION)
        assert sent == [service.requests[-1].content]

    def test_it_names_model_fingerprint_and_label(self) -> None:
        service = StandIn()
        opened(service).score(QUESTION)
        form, question = read_question(service.requests[-1].content)
        assert (form.model, form.fingerprint, form.label) == ("pocket", "f00d", "cell")
        assert same(question, QUESTION)

    def test_a_reply_of_another_model_ends_the_cell(self) -> None:
        service = StandIn()
        reply = Reply(answer_to(QUESTION), fingerprint="beef")
        changed = httpx.Response(200, content=reply_bytes(reply))
        client = opened(service)
        service.answers["/v1/score"] = says(changed)
        with pytest.raises(ModelChanged, match="f00d, now it has beef"):
            client.score(QUESTION)

    def test_a_reply_that_makes_no_sense_is_asked_for_three_times(self) -> None:
        service = StandIn()
        client = opened(service)
        reply = Reply(answer_to(replace(QUESTION, classes=("cat",))), fingerprint="f00d")
        service.answers["/v1/score"] = says(httpx.Response(200, content=reply_bytes(reply)))
        service.requests.clear()
        with pytest.raises(BadReply, match=r"scores: expected \(3, 2, 2\), got \(3, 2, 1\)"):
            client.score(QUESTION)
        assert len(service.requests) == 3

    def test_one_reply_that_makes_no_sense_is_forgiven(self) -> None:
        service = StandIn()
        client = opened(service)

        def at_first(request: httpx.Request) -> httpx.Response:
            del service.answers["/v1/score"]
            return httpx.Response(200, content=b"garbage")

        service.answers["/v1/score"] = at_first
        assert client.score(QUESTION).answer.scores is not None

    def test_a_reply_longer_than_it_can_be_is_refused(self) -> None:
        service = StandIn()
        client = opened(service)
        service.answers["/v1/score"] = says(httpx.Response(200, content=bytes(2 * 2**20)))
        with pytest.raises(BadReply, match="more than the 1,048,"):
            client.score(QUESTION)


class TestImages:
    def test_stored_images_are_named_afterwards(self) -> None:
        service = StandIn()
        client = opened(service)
        client.store(PLAIN)
        assert same(client.score(STORED).answer, answer_to(STORED, seed=2))

    def test_unknown_images_are_named(self) -> None:
        client = opened(StandIn())
        with pytest.raises(ImagesUnknown) as caught:
            client.score(STORED)
        assert caught.value.digests == (image_digest(PLAIN),)

    @pytest.mark.parametrize("digests", [None, [], [1], ["0" * 64], ["../x"], {}])
    def test_where_it_names_none_of_ours_all_of_ours_are_unknown(self, digests: object) -> None:
        service = StandIn()
        client = opened(service)
        service.answers["/v1/score"] = lambda _: error(404, "images_unknown", digests=digests)
        with pytest.raises(ImagesUnknown) as caught:
            client.score(STORED)
        assert caught.value.digests == (image_digest(PLAIN),)

    def test_images_that_came_with_the_question_cant_be_unknown(self) -> None:
        service = StandIn()
        client = opened(service)
        service.answers["/v1/score"] = lambda _: error(404, "images_unknown", digests=[])
        with pytest.raises(ServiceError, match="the question brought its own"):
            client.score(QUESTION)

    def test_names_of_models_reach_no_other_path(self) -> None:
        service = StandIn(CAPABILITIES.model_copy(update={"model": "a/../b?c"}))
        client = HttpService.on(client_of(service), "a/../b?c")
        client.store(PLAIN)
        assert service.requests[-1].url.raw_path.startswith(b"/v1/models/a%2F..%2Fb%3Fc/images/")

    def test_a_service_that_stores_none_is_sent_none(self) -> None:
        service = StandIn(CAPABILITIES.model_copy(update={"stores_images": False}))
        with pytest.raises(ServiceError, match="stores no images"):
            opened(service).store(PLAIN)
        assert len(service.requests) == 1


class TestWords:
    def test_spaces_depend_on_class_names(self) -> None:
        space = opened(StandIn()).space(("cat", "a tabby cat"))
        assert (space.text_width, space.context_tokens, space.image_size) == (4, 5, 4)
        assert space.pixel_mean == (0.5, 0.5, 0.5)

    def test_tokens_are_counted_in_order(self) -> None:
        service = StandIn()
        texts = ["a " * (n % 7) for n in range(2500)]
        assert opened(service).count(texts) == [n % 7 for n in range(2500)]
        assert len(service.requests) == 4

    def test_a_service_that_takes_one_request_at_a_time_gets_one_at_a_time(self) -> None:
        limits = CAPABILITIES.limits.model_copy(update={"concurrency": 1})
        service = StandIn(CAPABILITIES.model_copy(update={"limits": limits}))
        inside = threading.Lock()

        def alone(request: httpx.Request) -> httpx.Response:
            assert inside.acquire(blocking=False)
            try:
                return httpx.Response(200, json={"counts": [1] * texts_in(request)})
            finally:
                inside.release()

        service.answers["/v1/words"] = alone
        assert opened(service).count(["a"] * 3500) == [1] * 3500

    def test_embeddings_are_looked_up(self) -> None:
        client = opened(StandIn())
        assert torch.equal(client.embed("a photo of"), torch.ones(3, 4))
        assert client.embed("").shape == (0, 4)

    def test_a_service_without_words_is_asked_for_none(self) -> None:
        service = StandIn(CAPABILITIES.model_copy(update={"words": False}))
        client = opened(service)
        with pytest.raises(ServiceError, match="counts no tokens"):
            client.count(["a"])
        with pytest.raises(ServiceError, match="no token embeddings"):
            client.embed("a")
        assert len(service.requests) == 1

    @pytest.mark.parametrize("said", [{"counts": [1, 2]}, {"counts": [-1]}, {"counts": ["x"]}, {}])
    def test_counts_that_make_no_sense_are_refused(self, said: object) -> None:
        service = StandIn(answers={"/v1/words": says(httpx.Response(200, json=said))})
        with pytest.raises(BadReply, match="counts"):
            opened(service).count(["a"])

    def test_a_service_that_keeps_no_ledger_says_nothing(self) -> None:
        service = StandIn(answers={"/v1/usage": says(httpx.Response(404))})
        assert opened(service).usage() is None

    def test_labels_reach_the_ledger_whole(self) -> None:
        service = StandIn()
        opened(service).usage("a&b=c/d")
        assert service.requests[-1].url.params["label"] == "a&b=c/d"


@pytest.mark.parametrize(
    ("status", "code", "raised", "match"),
    [
        (409, "model_changed", ModelChanged, "f00d, now it has beef"),
        (404, "unknown_model", ModelChanged, "doesn't offer the model 'pocket' any more"),
        (422, "refused", UserError, "refuses a request: status 422: about refused"),
        (413, "too_large", ServiceError, "status 413: about too_large"),
        (400, "bad_message", ServiceError, "status 400: about bad_message"),
        (409, "id_reused", ServiceError, "status 409: about id_reused"),
        (415, "unsupported_type", ServiceError, "status 415"),
        (401, "unauthorized", ServiceError, "environment variable QUERYCURVE_TEST"),
    ],
)
def test_errors_are_what_they_mean(
    status: int, code: str, raised: type[Exception], match: str
) -> None:
    service = StandIn()
    client = opened(service)
    service.answers["/v1/score"] = lambda _: error(status, code, fingerprint="beef")
    service.requests.clear()
    with pytest.raises(raised, match=match) as caught:
        client.score(QUESTION)
    assert type(caught.value) is raised
    assert len(service.requests) == 1, "nothing that can't pass is sent again"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": 7}', b'{"error": {"code": []}}']
)
def test_errors_of_another_protocol_are_told_as_such(body: bytes) -> None:
    service = StandIn()
    client = opened(service)
    service.answers["/v1/score"] = says(httpx.Response(418, content=body))
    with pytest.raises(ServiceError, match=r"status 418.*not as querycurve's protocol"):
        client.score(QUESTION)


def test_only_scores_count_among_the_requests_of_a_minute() -> None:
    seen: list[tuple[str, bool]] = []
    service = StandIn()

    class Counting:
        free = False

        def enter(self, *, free: bool = False, stopped: Callable[[], bool]) -> None:
            self.free = free

        def leave(self) -> None:
            seen.append((service.requests[-1].url.path.split("/")[2], self.free))

        def pause(self, seconds: float) -> None:
            raise AssertionError("nothing failed")

    connection = Connection("http://models.example.org")
    client = HttpService.on(
        HttpClient(connection, Caller(Counting()), httpx.MockTransport(service)), "pocket"
    )
    client.store(PLAIN)
    client.space(("cat",))
    client.count(["a"])
    client.embed("a")
    client.usage()
    client.score(QUESTION)
    assert dict(seen) == {
        "models": True,
        "space": True,
        "words": True,
        "usage": True,
        "score": False,
    }
