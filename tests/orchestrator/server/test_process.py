"""A real process: it starts where another ended early, is told to end, and loses nothing."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import httpx
import pytest

from orchestrator.oracle.remote.protocol.replies import read_reply
from orchestrator.oracle.remote.request import Charge, Question, Reply
from orchestrator.server.access import Access
from orchestrator.server.ledger import ServiceLedger
from orchestrator.server.model import Offer, ServedModel
from tests.orchestrator.server.questions import TENSORS, ask, body
from tests.service_in_thread import pocket, service_in_thread
from tests.service_process import service_process

SECRET = "a-secret-of-alice"
TOKENS = {"SERVICE_KEYS": f"alice:{SECRET},bob:a-secret-of-bob"}
HEADERS = {**TENSORS, "authorization": f"Bearer {SECRET}"}


class Asked(threading.Thread):
    """A question that is asked beside the test, which goes on once it was sent."""

    def __init__(self, address: str, question: Question) -> None:
        super().__init__(daemon=True)
        self._url, self._question = f"{address}/v1/score", question
        self._body = body(question, ServedModel(pocket(), Offer("pocket")))
        self._sent = threading.Event()
        self._replies: list[Reply] = []
        self.start()

    def run(self) -> None:
        with httpx.Client(timeout=120) as client:
            answered = client.post(
                self._url, content=self._body, headers=HEADERS, extensions={"trace": self._trace}
            )
        self._replies.append(read_reply(answered.content, self._question))

    def wait_until_sent(self) -> None:
        assert self._sent.wait(60)

    @property
    def reply(self) -> Reply:
        self.join(120)
        return self._replies[0]

    def _trace(self, event: str, _info: object) -> None:
        if event == "http11.send_request_body.complete":
            self._sent.set()


@pytest.mark.fault
def test_a_service_that_comes_back_forgets_nothing_and_one_that_is_ended_ends_well(
    tmp_path: Path,
) -> None:
    left = ServiceLedger.open(str(tmp_path / "serve.db"))  # and never closed
    with service_in_thread(ledger=left, access=Access({"alice": SECRET})) as before:
        first = Asked(before.address, ask()).reply
    options = ("--token-from", "SERVICE_KEYS", "--latency", "1s")
    with service_process(tmp_path, *options, environment=TOKENS) as service:
        again = Asked(service.address, ask())
        later = Asked(service.address, ask("later"))
        for asked in (again, later):
            asked.wait_until_sent()
        healthy = httpx.get(f"{service.address}/health", timeout=60)
        assert healthy.json() == {"status": "ok"}
        assert service.stop(signal.SIGTERM) == 0
        assert (first.repeated, again.reply.repeated, later.reply.repeated) == (False, True, False)
        assert again.reply.charge == first.charge
        for reply in (again.reply, later.reply):
            assert reply.answer.scores is not None and first.answer.scores is not None
            assert reply.answer.scores.equal(first.answer.scores)
        assert service.charged("alice", "a-cell") == first.charge + later.reply.charge
        assert service.charged("bob") == Charge()
        assert service.said.rstrip().endswith("the ledger holds 2 charged requests")
        assert "alice, bob, by the tokens in SERVICE_KEYS" in service.said
        assert SECRET not in service.said
