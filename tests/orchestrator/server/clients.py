"""A service's application with a client, without sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from httpx import Response
from starlette.testclient import TestClient

from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.protocol.replies import read_reply
from orchestrator.oracle.remote.request import Charge, Question, Reply
from orchestrator.server.ledger import MEMORY, ServiceLedger
from orchestrator.server.model import Offer, ServedModel
from orchestrator.server.running import Service
from tests.orchestrator.server.questions import TENSORS, body
from tests.service_in_thread import pocket


@dataclass(frozen=True)
class Client:
    """A client of a service.

    Attributes:
        http: sends requests.
        model: what is offered.
        ledger: what was charged.
    """

    http: TestClient
    model: ServedModel
    ledger: ServiceLedger

    def post(self, sent: bytes, **headers: str) -> Response:
        """The response to the bytes of a question."""
        return self.http.post("/v1/score", content=sent, headers={**TENSORS, **headers})

    def score(self, question: Question, **headers: str) -> Reply:
        """The reply to a question."""
        answered = self.post(body(question, self.model), **headers)
        assert answered.status_code == 200, answered.text
        return read_reply(answered.content, question)

    def refusal(self, question: Question, **headers: str) -> tuple[int, str]:
        """Status and code of the error with which a question is refused."""
        return told(self.post(body(question, self.model), **headers))

    def charged(self, client: str = "anyone") -> Charge:
        """What a client was charged in all."""
        return self.ledger.usage(client)


@contextmanager
def service_client(limits: Limits | None = None, **around: Any) -> Iterator[Client]:
    """A client of a service of the pocket.

    Args:
        limits: of the service.
        around: other fields of `orchestrator.server.running.Service`.
    """
    model = around.pop("model", None) or ServedModel(
        pocket(), Offer("pocket", limits=limits or Limits())
    )
    ledger = around.pop("ledger", None) or ServiceLedger.open(MEMORY)
    with Service(model, ledger, **around).app() as app, TestClient(app) as http:
        yield Client(http, model, ledger)


def told(response: Response) -> tuple[int, str]:
    """Status and code of an error, which has a message too."""
    error = response.json()["error"]
    assert isinstance(error["message"], str) and error["message"]
    return response.status_code, error["code"]
