"""How a request for scores is answered: checked, counted, computed, charged, in this order."""

import asyncio
import hashlib
from dataclasses import dataclass, replace

from orchestrator.errors import UserError
from orchestrator.money import Prices, Use
from orchestrator.oracle.remote.protocol.container import BadMessage
from orchestrator.oracle.remote.protocol.forms import QuestionForm
from orchestrator.oracle.remote.protocol.questions import read_question
from orchestrator.oracle.remote.protocol.replies import reply_bytes
from orchestrator.oracle.remote.request import Charge, Question, Reply
from orchestrator.oracle.remote.service import ImagesUnknown
from orchestrator.server.faults import Fault, Faults
from orchestrator.server.ledger import Entry, IdReused, LedgerDown, ServiceLedger
from orchestrator.server.limits import check_limits
from orchestrator.server.line import Line
from orchestrator.server.model import ServedModel
from orchestrator.server.quotas import Quota, too_many
from orchestrator.server.refusals import (
    Refusal,
    bad_message,
    overloaded,
    refused,
    too_large,
    unknown_images,
)
from orchestrator.server.shapes import check_question
from orchestrator.server.work import Work


@dataclass(frozen=True)
class Answered:
    """A reply on its way.

    Attributes:
        body: the message.
        cut: whether the connection is to end in the middle of it.
    """

    body: bytes
    cut: bool = False


@dataclass(frozen=True)
class Scoring:
    """Answers requests for scores.

    Attributes:
        model: computes the answers.
        ledger: what was charged, on the disk before a reply leaves.
        quota: of each client.
        line: where requests wait for their turn.
        faults: failures that are made on purpose.
        prices: of an answer; None says nothing of money.
        work: the threads.
    """

    model: ServedModel
    ledger: ServiceLedger
    quota: Quota
    line: Line
    faults: Faults
    prices: Prices | None
    work: Work

    async def answer(self, client: str, body: bytes) -> Answered:
        """The reply to a client's question.

        Raises:
            Refusal: it isn't answered. Nothing was charged, but for a failure on purpose that says
                otherwise.
        """
        form, question, entry = await self.work.read(lambda: self._read(client, body))
        check_model(self.model, form.model, form.fingerprint)
        self._check(question)
        fault = self.faults.draw()
        if fault == "error":
            raise _on_purpose("before anything was done")
        if fault == "too many requests":
            raise too_many(1.0)
        self.quota.enter(client)
        async with self.line.turn():
            if self.faults.latency:
                await asyncio.sleep(self.faults.latency)
            reply = await self.work.compute(lambda: self._charged(entry, question))
        return await self._sent(reply, fault)

    def _read(self, client: str, body: bytes) -> tuple[QuestionForm, Question, Entry]:
        try:
            form, question = read_question(body)
        except BadMessage as error:
            raise bad_message(str(error)) from None
        digest = hashlib.sha256(body).hexdigest()
        return form, question, Entry(client, question.id, digest, question.label)

    def _check(self, question: Question) -> None:
        check_limits(question, self.model.capabilities.limits)
        try:
            check_question(question, self.model.capabilities)
        except UserError as error:
            raise refused(str(error)) from None
        missing = self.model.missing(question.images)
        if missing:
            raise unknown_images(ImagesUnknown(missing))

    def _charged(self, entry: Entry, question: Question) -> Reply:
        """Computes the answer and charges it, unless the same request was charged before."""
        try:
            before = self.ledger.find(entry)
            reply = computed(self.model, question)
            if before is None and not self.ledger.charge(entry, self._priced(reply.charge)):
                before = self.ledger.find(entry)  # another process has charged it meanwhile
        except IdReused:
            raise Refusal(
                409,
                "id_reused",
                "this client has used the id before, for a request with another body",
            ) from None
        except LedgerDown:
            raise overloaded("the service can't write its ledger, so it answers nothing") from None
        charge = self._priced(reply.charge) if before is None else before
        return replace(reply, charge=charge, repeated=before is not None)

    def _priced(self, charge: Charge) -> Charge:
        if self.prices is None:
            return charge
        used = Use(charge.queries, charge.images, charge.tokens)
        return replace(charge, money=self.prices.of(used))

    async def _sent(self, reply: Reply, fault: Fault | None) -> Answered:
        if fault == "error after the charge":
            raise _on_purpose("after the charge")
        body = await self.work.read(lambda: reply_bytes(reply))
        return Answered(body, cut=fault == "cut after the charge")


def computed(model: ServedModel, question: Question) -> Reply:
    """The model's reply, not charged yet.

    Raises:
        Refusal: it can't answer.
    """
    import torch

    try:
        return model.score(question)
    except ImagesUnknown as error:
        raise unknown_images(error) from None
    except UserError as error:
        raise refused(str(error)) from None
    except (torch.OutOfMemoryError, MemoryError):
        raise too_large("the request needs more memory than there is; ask for less") from None


def check_model(model: ServedModel, name: str, fingerprint: str | None = None) -> None:
    """Refuses a request to another model than the one that is offered.

    Raises:
        Refusal: unknown model, or another fingerprint.
    """
    offered = model.capabilities
    if name != offered.model:
        raise Refusal(
            404,
            "unknown_model",
            f"this service offers {offered.model!r}",
            {"models": [offered.model]},
        )
    if fingerprint is not None and fingerprint != offered.fingerprint:
        raise Refusal(
            409,
            "model_changed",
            "the model has another fingerprint than the one that was asked for",
            {"fingerprint": offered.fingerprint},
        )


def _on_purpose(when: str) -> Refusal:
    return Refusal(500, "failed", f"a failure on purpose (--fail), {when}")
