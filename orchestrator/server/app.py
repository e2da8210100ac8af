"""The routes of protocol 1."""

import json
import secrets
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from torch import Tensor

from benchmarks.quoting import one_line
from orchestrator.errors import UserError
from orchestrator.oracle.remote.description import PROTOCOL, SpaceForm
from orchestrator.oracle.remote.protocol.container import CONTENT_TYPE, BadMessage, first_problem
from orchestrator.oracle.remote.protocol.forms import (
    ChargeForm,
    ImagesPlace,
    SpaceRequest,
    UsageQuery,
    WordsRequest,
)
from orchestrator.oracle.remote.protocol.lone_tensors import (
    embedding_bytes,
    image_digest,
    read_images,
)
from orchestrator.server.access import Access
from orchestrator.server.bodies import Bodies
from orchestrator.server.ledger import LedgerDown
from orchestrator.server.limits import check_classes, check_set, check_words
from orchestrator.server.line import Line
from orchestrator.server.quotas import Quota
from orchestrator.server.refusals import Refusal, bad_message, overloaded, refused
from orchestrator.server.scoring import Answered, Scoring, check_model

JSON = "application/json"
JSON_BYTES = 2**23
"""Bytes of a JSON body at most: 10,000 long class names fit."""

Handler = Callable[[Request], Awaitable[Response]]
Form = TypeVar("Form", bound=BaseModel)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Doors:
    """What requests pass before they are answered.

    Attributes:
        access: knows clients by their tokens.
        free: quota of requests that cost nothing.
        line: where such requests wait for the model.
        bodies: reads what was sent.
    """

    access: Access
    free: Quota
    line: Line
    bodies: Bodies


class ServiceApp:
    """The HTTP side of a served model."""

    def __init__(self, scoring: Scoring, doors: Doors) -> None:
        self._scoring, self._doors = scoring, doors
        self._model = scoring.model
        self._limits = scoring.model.capabilities.limits
        self._openapi = (files("orchestrator.server") / "openapi.json").read_bytes()

    @property
    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/health", _guarded(self._health), methods=["GET"]),
            Route("/openapi.json", _guarded(self._description), methods=["GET"]),
            Route("/v1/models", _guarded(self._models), methods=["GET"]),
            Route("/v1/space", _guarded(self._space), methods=["POST"]),
            Route("/v1/words", _guarded(self._words), methods=["POST"]),
            Route("/v1/models/{model}/images/{digest}", _guarded(self._images), methods=["PUT"]),
            Route("/v1/score", _guarded(self._score), methods=["POST"]),
            Route("/v1/usage", _guarded(self._usage), methods=["GET"]),
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})
        app.router.redirect_slashes = False
        return app

    async def _health(self, _request: Request) -> Response:
        return _json({"status": "ok"})

    async def _description(self, _request: Request) -> Response:
        return Response(self._openapi, media_type=JSON)

    async def _models(self, request: Request) -> Response:
        self._free(request)
        offered = self._model.capabilities.model_dump(mode="json")
        return _json({"protocol": PROTOCOL, "models": [offered]})

    async def _space(self, request: Request) -> Response:
        self._free(request)
        async with self._doors.bodies.read(request, JSON, self._json_bytes) as body:
            form = _form(SpaceRequest, body)
            check_model(self._model, form.model)
            check_classes(form.classes, self._limits)
            found = await self._computed(lambda: self._model.space(form.classes))
        return _json(SpaceForm.of(found).model_dump(mode="json"))

    async def _words(self, request: Request) -> Response:
        self._free(request)
        async with self._doors.bodies.read(request, JSON, self._json_bytes) as body:
            form = _form(WordsRequest, body)
            check_model(self._model, form.model)
            check_words(form.texts, self._limits)
            if not form.embed:
                counts = await self._computed(lambda: self._model.count(form.texts))
                return _json({"counts": counts})
            if len(form.texts) > 1:
                raise bad_message(f"embed: expected exactly one text, got {len(form.texts)}")
            found = await self._computed(lambda: self._model.embed(form.texts[0]))
        return Response(embedding_bytes(found), media_type=CONTENT_TYPE)

    async def _images(self, request: Request) -> Response:
        self._free(request)
        most = self._limits.request_bytes
        async with self._doors.bodies.read(request, CONTENT_TYPE, most) as body:
            place = _validated(ImagesPlace, request.path_params, "the address")
            images, digest = await self._scoring.work.read(lambda: _images_in(body))
            if digest != place.digest:
                raise bad_message(f"expected images with the digest of the address, got {digest}")
            check_model(self._model, place.model)
            check_set(len(images), self._limits)
            await self._computed(lambda: self._model.store(images, digest))
        return Response(status_code=204)

    async def _score(self, request: Request) -> Response:
        client = self._client(request)
        most = self._limits.request_bytes
        async with self._doors.bodies.read(request, CONTENT_TYPE, most) as body:
            answered = await self._scoring.answer(client, body)
        return _Cut(answered) if answered.cut else Response(answered.body, media_type=CONTENT_TYPE)

    async def _usage(self, request: Request) -> Response:
        client = self._free(request)
        query = _validated(UsageQuery, dict(request.query_params), "the query")
        ledger = self._scoring.ledger
        try:
            used = await self._scoring.work.read(lambda: ledger.usage(client, query.label))
        except LedgerDown:
            raise overloaded("the service can't read its ledger") from None
        return _json(ChargeForm(**vars(used)).model_dump(mode="json"))

    @property
    def _json_bytes(self) -> int:
        return min(JSON_BYTES, self._limits.request_bytes)

    def _client(self, request: Request) -> str:
        return self._doors.access.client(request.headers.get("authorization"))

    def _free(self, request: Request) -> str:
        """The client of a request that costs nothing, once it was counted."""
        client = self._client(request)
        self._doors.free.enter(client)
        return client

    async def _computed(self, task: Callable[[], Result]) -> Result:
        """What a task of the model returns, once it is its turn."""
        async with self._doors.line.turn():
            try:
                return await self._scoring.work.compute(task)
            except UserError as error:
                raise refused(str(error)) from None


class _Cut(Response):
    """A reply whose connection ends in the middle."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(answered.body, media_type=CONTENT_TYPE)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


def _guarded(handler: Handler) -> Handler:
    """The same, with refusals as responses; what fails within shows as no more than a reference."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return _refusal(refusal)
        except Exception as error:  # the service stays up, whatever fails in it
            reference = secrets.token_hex(4)
            _note(error, reference)
            message = f"the service failed; its log has more under {reference}"
            return _refusal(Refusal(500, "failed", message, {"reference": reference}))

    return answer


def _note(error: Exception, reference: str) -> None:
    """Writes an error to the log; texts of a request in it can't pass for lines of their own."""
    for line in "".join(traceback.format_exception(error)).splitlines():
        print(f"[{reference}] {one_line(line)}", file=sys.stderr)


def _refusal(refusal: Refusal) -> Response:
    return _json(refusal.body, refusal.status, refusal.headers)


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps(content, allow_nan=False)
    return Response(body, status, headers, JSON)


async def _no_such_route(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    code, message = "not_found", "there is nothing at this address; see /openapi.json"
    if status == 405:
        code, message = "method_not_allowed", "this address takes another method"
    headers = error.headers if isinstance(error, HTTPException) else None
    return _json({"error": {"code": code, "message": message}}, status, dict(headers or {}))


def _form(form: type[Form], body: bytes) -> Form:
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        raise bad_message(first_problem(error, "the body")) from None


def _validated(form: type[Form], values: dict[str, Any], where: str) -> Form:
    try:
        return form.model_validate(values)
    except ValidationError as error:
        raise bad_message(first_problem(error, where)) from None


def _images_in(body: bytes) -> tuple[Tensor, str]:
    """A set of images `(N, 3, S, S)` uint8, and its digest."""
    try:
        images = read_images(body)
    except BadMessage as error:
        raise bad_message(str(error)) from None
    return images, image_digest(images)
