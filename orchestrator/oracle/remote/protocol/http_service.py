"""A service that speaks our protocol over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from pydantic import ValidationError
from torch import Tensor

from benchmarks.naming import did_you_mean
from methods.interface import PromptSpace
from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.remote.description import PROTOCOL, Capabilities, SpaceForm
from orchestrator.oracle.remote.foreign_text import shown
from orchestrator.oracle.remote.http.address import check_address
from orchestrator.oracle.remote.http.authorization import Token
from orchestrator.oracle.remote.http.client import Connection, HttpClient, Request
from orchestrator.oracle.remote.http.exchange import BadReply, Response
from orchestrator.oracle.remote.in_flight import in_flight
from orchestrator.oracle.remote.protocol.container import (
    CONTENT_TYPE,
    BadMessage,
    first_problem,
    validated,
)
from orchestrator.oracle.remote.protocol.forms import ChargeForm, WordsReply
from orchestrator.oracle.remote.protocol.lone_tensors import (
    image_bytes,
    image_digest,
    read_embeddings,
)
from orchestrator.oracle.remote.protocol.questions import question_bytes
from orchestrator.oracle.remote.protocol.refusals import Expected, refusal
from orchestrator.oracle.remote.protocol.replies import read_reply
from orchestrator.oracle.remote.request import Charge, Question, Reply
from orchestrator.oracle.remote.service import Caller, ImagesUnknown, Service, ServiceError

_TRIES = 3
"""So often is a question asked whose reply makes no sense."""
_HEADER_BYTES = 2**20
"""Bytes of a reply beside its numbers, at most."""
_SCORE_BYTES, _CLASS_BYTES = 4, 8
_NOT_OFFERED = (404, 405, 501)
"""Statuses of a service that keeps no ledger for its clients."""
_TEXTS_AT_ONCE = 1000
"""Texts in one request to count their tokens."""
_TOKENS_AT_MOST = 2**16
"""Tokens of a text whose embeddings are read."""

_Value = TypeVar("_Value")


class HttpService(Service):
    """A service that speaks our protocol over HTTP. Safe for use by several threads.

    Args:
        client: sends requests to it.
        capabilities: what it said of its model.
        most: requests under way at once.
    """

    def __init__(self, client: HttpClient, capabilities: Capabilities, most: int) -> None:
        self.capabilities = capabilities
        self._client = client
        self._most = min(most, capabilities.limits.concurrency or most)
        self._expected = Expected(
            client.connection.place, capabilities.model, capabilities.fingerprint
        )

    @classmethod
    def open(cls, backbone: Backbone, caller: Caller, fingerprint: str = "") -> HttpService:
        """The service at a backbone's address, once it has said what its model can do.

        Args:
            backbone: one with a `service`.
            caller: who asks.
            fingerprint: of the model that was planned; "" takes any.

        Raises:
            ModelChanged: it has another model of this name, or none any more.
            ServiceError: it doesn't answer, speaks another protocol, or offers no such model.
        """
        try:
            address = check_address(backbone.service or "")
        except ValueError as error:
            raise ServiceError(f"service: {error}") from None
        connection = Connection(
            address, Token(backbone.token_from), backbone.timeout, backbone.in_flight
        )
        client = HttpClient(connection, caller)
        try:
            return cls.on(client, backbone.model, fingerprint)
        except BaseException:
            client.close()
            raise

    @classmethod
    def on(cls, client: HttpClient, model: str, fingerprint: str = "") -> HttpService:
        """The service that a client reaches; see `open`."""
        said = _patiently(client, lambda: _models(client))
        if fingerprint and model not in said:
            raise Expected(client.connection.place, model, fingerprint).gone()
        found = _chosen(said, model, client)
        if fingerprint and found.fingerprint != fingerprint:
            raise Expected(client.connection.place, model, fingerprint).changed(found.fingerprint)
        return cls(client, found, client.connection.in_flight)

    def space(self, classes: Sequence[str]) -> PromptSpace:
        """See `Service`."""
        asked = {"model": self.capabilities.model, "classes": list(classes)}
        request = Request("POST", "/v1/space", json=asked, free=True)
        form = self._asked(request, lambda r: validated(SpaceForm, r.content))
        return form.space(self.capabilities.images)

    def score(self, question: Question) -> Reply:
        """See `Service`. The question is sent again as it was where its reply makes no sense."""
        request = Request(
            "POST",
            "/v1/score",
            content=question_bytes(
                question, self.capabilities.model, self.capabilities.fingerprint
            ),
            headers={"content-type": CONTENT_TYPE},
            most=_most_bytes(question),
        )
        try:
            reply = self._asked(request, lambda r: read_reply(r.content, question))
        except ImagesUnknown as error:
            raise self._unknown(error.digests, question) from None
        if reply.fingerprint != self.capabilities.fingerprint:
            raise self._expected.changed(reply.fingerprint)
        return reply

    def store(self, images: Tensor) -> None:
        """See `Service`."""
        if not self.capabilities.stores_images:
            super().store(images)
        model, digest = quote(self.capabilities.model, safe=""), image_digest(images)
        request = Request(
            "PUT",
            f"/v1/models/{model}/images/{digest}",
            content=image_bytes(images),
            headers={"content-type": CONTENT_TYPE},
            free=True,
        )
        self._asked(request, lambda _: None)

    def count(self, texts: Sequence[str]) -> list[int]:
        """See `Service`."""
        if not self.capabilities.words:
            return super().count(texts)
        parts = [texts[i : i + _TEXTS_AT_ONCE] for i in range(0, len(texts), _TEXTS_AT_ONCE)]
        calls = [partial(self._counts, part) for part in parts]
        return [count for counts in in_flight(calls, self._most) for count in counts]

    def embed(self, text: str) -> Tensor:
        """See `Service`."""
        if not self.capabilities.words:
            return super().embed(text)
        width = self.capabilities.space.text_width
        request = Request(
            "POST",
            "/v1/words",
            json={"model": self.capabilities.model, "texts": [text], "embed": True},
            most=_HEADER_BYTES + _TOKENS_AT_MOST * width * _SCORE_BYTES,
            free=True,
        )
        return self._asked(request, lambda r: read_embeddings(r.content, width))

    def usage(self, label: str = "") -> Charge | None:
        """See `Service`."""
        place = f"/v1/usage?label={quote(label, safe='')}" if label else "/v1/usage"
        request = Request("GET", place, free=True)

        def ask() -> Charge | None:
            response = self._client.send(request)
            if response.status in _NOT_OFFERED:
                return None
            if not response.good:
                raise refusal(response, self._expected, self._client.why(response))
            return validated(ChargeForm, response.content).charge

        return _patiently(self._client, ask)

    def close(self) -> None:
        """See `Service`."""
        self._client.close()

    def _unknown(self, digests: tuple[str, ...], question: Question) -> Exception:
        """The error that sets of images must be sent; all that a question names, if unsaid."""
        asked = tuple(dict.fromkeys(one.digest for one in question.images.stored))
        if not asked:
            return ServiceError(
                f"the service at {self._expected.place} wants images to be sent again, although "
                f"the question brought its own"
            )
        return ImagesUnknown(tuple(one for one in asked if one in digests) or asked)

    def _counts(self, texts: Sequence[str]) -> tuple[int, ...]:
        asked = {"model": self.capabilities.model, "texts": list(texts), "embed": False}

        def read(response: Response) -> tuple[int, ...]:
            counts = validated(WordsReply, response.content).counts
            if len(counts) != len(texts):
                raise BadMessage(f"counts: expected {len(texts)} numbers, got {len(counts)}")
            return counts

        return self._asked(Request("POST", "/v1/words", json=asked, free=True), read)

    def _asked(self, request: Request, read: Callable[[Response], _Value]) -> _Value:
        """What is read of the response to a request.

        Raises:
            ImagesUnknown, ModelChanged, ServiceError: the service refuses.
            BadReply: its reply made no sense, so often as it was asked.
        """

        def ask() -> _Value:
            response = self._client.send(request)
            if not response.good:
                raise refusal(response, self._expected, self._client.why(response))
            return read(response)

        return _patiently(self._client, ask)


def _patiently(client: HttpClient, ask: Callable[[], _Value]) -> _Value:
    """Asks again where a reply makes no sense, a few times.

    Raises:
        BadReply: none of them made sense.
    """
    for _ in range(_TRIES - 1):
        with suppress(BadReply, BadMessage):
            return ask()
    try:
        return ask()
    except BadMessage as error:
        raise BadReply(
            f"the reply of the service at {client.connection.place} makes no sense, {_TRIES} times "
            f"in a row: {client.said(error)}"
        ) from None


def _models(client: HttpClient) -> dict[str, object]:
    """What a service says of all its models, by name.

    Raises:
        BadMessage, BadReply: it says nothing that makes sense.
        ServiceError: it refuses, or speaks another version of the protocol.
    """
    response = client.send(Request("GET", "/v1/models", free=True))
    where = client.connection.place
    if not response.good:
        raise ServiceError(
            f"the service at {where} doesn't say which models it offers ({client.why(response)}). "
            f"Check the address; for a service of another kind, write an adapter."
        )
    said = response.json()
    spoken = said.get("protocol") if isinstance(said, dict) else None
    if not isinstance(spoken, int):
        raise BadMessage("expected a JSON object with `protocol` and `models`")
    if spoken != PROTOCOL:
        older = "querycurve" if spoken > PROTOCOL else "the service"
        raise ServiceError(
            f"the service at {where} speaks version {shown(spoken, 20)} of the protocol, this "
            f"querycurve version {PROTOCOL}: update {older}."
        )
    listed = said.get("models")
    if not isinstance(listed, list):
        raise BadMessage("models: expected a list")
    models = [one for one in listed if isinstance(one, dict) and isinstance(one.get("model"), str)]
    return {one["model"]: one for one in models}


def _chosen(said: dict[str, object], model: str, client: HttpClient) -> Capabilities:
    """The capabilities of one model.

    Raises:
        ServiceError: it isn't offered, or they make no sense.
    """
    where = client.connection.place
    if model not in said:
        names = [shown(name, 100) for name in said]
        offered = did_you_mean(model, names[:1000]) if names else "It offers none."
        raise ServiceError(f"the service at {where} offers no model {model!r}. {offered}")
    try:
        found = Capabilities.model_validate(said[model])
    except ValidationError as error:
        raise ServiceError(
            f"what the service at {where} says of its model {model!r} makes no sense: "
            f"{client.said(first_problem(error))}"
        ) from None
    if found.protocol != PROTOCOL:
        raise ServiceError(
            f"the service at {where} offers the model {model!r} by version {found.protocol} of the "
            f"protocol, this querycurve speaks version {PROTOCOL}."
        )
    return found


def _most_bytes(question: Question) -> int:
    """Bytes of the longest reply to a question that makes sense."""
    named = len(question.classes)
    scores = question.candidates * question.images.count * named
    return _HEADER_BYTES + scores * (_SCORE_BYTES + _CLASS_BYTES)
