"""How a request for scores passes its checks, and what is charged whatever happens."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.protocol.replies import read_reply
from orchestrator.oracle.remote.request import Charge, Images, Question, Reply
from orchestrator.server.faults import Fault, Faults
from orchestrator.server.ledger import MEMORY, Entry, LedgerDown, ServiceLedger
from orchestrator.server.model import Offer, ServedModel
from tests.orchestrator.server.clients import Client, service_client, told
from tests.orchestrator.server.questions import TENSORS, ask, body, plain_images
from tests.service_in_thread import ThreadedService, pocket, service_in_thread


@pytest.fixture
def client() -> Iterator[Client]:
    with service_client() as found:
        yield found


def test_a_repeated_request_is_answered_again_and_charged_once(client: Client) -> None:
    first, again = client.score(ask()), client.score(ask())
    assert (first.repeated, again.repeated) == (False, True)
    assert again.charge == first.charge == client.charged()
    assert first.answer.scores is not None and again.answer.scores is not None
    assert again.answer.scores.equal(first.answer.scores)


def test_an_id_of_another_request_is_refused(client: Client) -> None:
    first = client.score(ask())
    for other in (ask(images=Images(plain_images(2))), ask(label="other")):
        assert client.refusal(other) == (409, "id_reused")
    assert client.charged() == first.charge


def test_what_was_charged_with_money_before_costs_the_same_again() -> None:
    ledger = ServiceLedger.open(MEMORY)
    charge = Charge(1, 7, 7, 7, 1.5)
    with service_client(ledger=ledger) as client:
        sent = body(ask(), client.model)
        ledger.charge(Entry("anyone", "first", hashlib.sha256(sent).hexdigest(), ""), charge)
        reply = client.score(ask())
        assert (reply.charge, reply.repeated) == (charge, True)


def test_a_request_to_another_model_is_refused(client: Client) -> None:
    other = client.post(body(ask(), client.model, model="pocked"))
    assert told(other) == (404, "unknown_model")
    changed = client.post(body(ask(), client.model, fingerprint="another"))
    assert told(changed) == (409, "model_changed")
    assert changed.json()["error"]["fingerprint"] == client.model.capabilities.fingerprint
    assert client.charged() == Charge()


def test_a_client_over_its_quota_is_told_to_wait() -> None:
    with service_client(Limits(requests_per_minute=3)) as client:
        for number in range(2):
            client.score(ask(f"q{number}"))
        assert client.refusal(ask(classes=("long " * 100,)))[0] == 422
        refused = client.post(body(ask("q9"), client.model))
        assert told(refused) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert 0 < refused.json()["error"]["retry_after"] <= 60
        assert client.http.get("/v1/models").status_code == 200
        assert client.charged().requests == 2


def test_refusals_for_their_form_do_not_count_to_the_quota() -> None:
    with service_client(Limits(requests_per_minute=1, images=3)) as client:
        assert told(client.post(b"nothing")) == (400, "bad_message")
        assert client.refusal(ask(images=Images(plain_images(4)))) == (413, "too_large")
        assert client.score(ask()).charge == client.charged()
        assert client.refusal(ask())[0] == 429, "a repeated request is a request"


def test_free_requests_have_a_quota_of_their_own() -> None:
    with service_client(free_per_minute=2) as client:
        answers = [client.http.get("/v1/models").status_code for _ in range(3)]
        assert answers == [200, 200, 429]
        assert client.http.get("/health").status_code == 200
        assert client.score(ask()).charge.requests == 1


def test_a_ledger_that_cannot_be_written_lets_nothing_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise LedgerDown("disk full")

    monkeypatch.setattr(ServiceLedger, "charge", full)
    refused = client.post(body(ask(), client.model))
    assert told(refused) == (503, "overloaded")
    assert refused.headers["retry-after"] == "1"
    monkeypatch.undo()
    assert not client.score(ask()).repeated


def test_the_charge_is_in_the_ledger_before_the_reply_leaves(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def sending(reply: Reply) -> bytes:
        seen.append(client.charged())
        raise RuntimeError("no reply")

    monkeypatch.setattr("orchestrator.server.scoring.reply_bytes", sending)
    assert client.refusal(ask()) == (500, "failed")
    monkeypatch.undo()
    again = client.score(ask())
    assert again.repeated
    assert seen == [again.charge] == [client.charged()]


class Planned(Faults):
    """Failures in a given order, then none."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self._planned = list(faults)

    def draw(self) -> Fault | None:
        return self._planned.pop(0) if self._planned else None


@pytest.mark.parametrize(
    ("fault", "error", "repeated"),
    [
        ("error", (500, "failed"), False),
        ("error after the charge", (500, "failed"), True),
        ("too many requests", (429, "too_many_requests"), False),
    ],
)
def test_failures_on_purpose_charge_or_not_as_they_say(
    fault: Fault, error: tuple[int, str], repeated: bool
) -> None:
    with service_client(faults=Planned(fault)) as client:
        failed = client.post(body(ask(), client.model))
        assert told(failed) == error
        assert failed.headers.get("retry-after") == ("1" if error[0] == 429 else None)
        assert client.charged().requests == repeated
        assert client.score(ask()).repeated == repeated
        assert client.charged().requests == 1


def post(service: ThreadedService, question: Question) -> httpx.Response:
    sent = body(question, service.model)
    return httpx.post(f"{service.address}/v1/score", content=sent, headers=TENSORS, timeout=60)


def test_a_connection_that_is_cut_on_purpose_was_charged() -> None:
    with service_in_thread(faults=Planned("cut after the charge")) as service:
        with pytest.raises(httpx.RemoteProtocolError):
            post(service, ask())
        charged = service.ledger.usage("anyone")
        assert charged.requests == 1
        reply = read_reply(post(service, ask()).content, ask())
        assert (reply.repeated, reply.charge) == (True, charged)


def test_the_same_request_at_the_same_time_is_charged_once() -> None:
    with service_in_thread() as service:
        answers: list[httpx.Response] = []
        threads = [
            threading.Thread(target=lambda: answers.append(post(service, ask()))) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        replies = [read_reply(answer.content, ask()) for answer in answers]
        assert sorted(reply.repeated for reply in replies) == [False] + [True] * 5
        assert {reply.charge for reply in replies} == {service.ledger.usage("anyone")}


def test_clients_that_leave_before_the_reply_are_charged_and_stop_nothing() -> None:
    with service_in_thread(faults=Faults(latency=0.3)) as service:
        sent = body(ask(), service.model)
        with (
            httpx.Client(timeout=httpx.Timeout(60, read=0.15)) as hasty,
            pytest.raises(httpx.ReadTimeout),
        ):
            hasty.post(f"{service.address}/v1/score", content=sent, headers=TENSORS)
        reply = read_reply(post(service, ask()).content, ask())
        assert (reply.repeated, reply.charge) == (True, service.ledger.usage("anyone"))


def test_no_more_are_answered_at_once_than_the_service_says() -> None:
    offer = Offer("pocket", limits=Limits(concurrency=1))
    with service_in_thread(offer, faults=Faults(latency=0.2)) as service:
        assert service.model.capabilities.limits.concurrency == 1
        answers: list[httpx.Response] = []
        threads = [
            threading.Thread(target=lambda n=n: answers.append(post(service, ask(f"q{n}"))))
            for n in range(3)
        ]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [answer.status_code for answer in answers] == [200] * 3
        assert time.monotonic() - start >= 0.6


def test_a_service_whose_ledger_is_in_a_file_goes_on_where_it_was(tmp_path: Path) -> None:
    place = str(tmp_path / "serve.db")
    model = ServedModel(pocket(), Offer("pocket"))
    with service_client(model=model, ledger=ServiceLedger.open(place)) as client:
        first = client.score(ask())
    with service_client(ledger=ServiceLedger.open(place)) as client:
        assert client.score(ask()).charge == first.charge
        assert client.score(ask()).repeated
        assert client.charged() == first.charge
