"""The OpenAPI 3.1 description of protocol 1, of which `openapi.json` is a copy.

`python -m orchestrator.server.openapi` writes the copy anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from benchmarks.frozen import Frozen
from orchestrator.oracle.remote.description import PROTOCOL, Capabilities, SpaceForm
from orchestrator.oracle.remote.protocol.container import CONTENT_TYPE
from orchestrator.oracle.remote.protocol.forms import (
    ChargeForm,
    QuestionForm,
    ReplyForm,
    SpaceRequest,
    WordsReply,
    WordsRequest,
)

FILE = Path(__file__).with_name("openapi.json")

_JSON = "application/json"
_SCHEMA = "#/components/schemas/{model}"

_ABOUT = """\
A service that scores images against prompts, as a black box.

Everything but `POST /v1/score` is free of charge. Errors are JSON documents
`{"error": {"code", "message", ...}}`; a request that is refused is not charged.

Messages with tensors are safetensors files: 8 bytes with the length of the header as a
little-endian number, the header in JSON, then the tensors' bytes. The header's `__metadata__` holds
a JSON document as a text. Letters stand for: K candidate prompts, B images, C classes, T context
tokens of width D, V visual tokens of width W, L layers, S the image size.
"""
_QUESTION = """\
A safetensors file. Its metadata `question` is a `QuestionForm` as a text. Exactly one of the
tensors `context`, the form's `templates` and its `ensembles` says what the text tower reads, and
exactly one of the tensors `plain`, `pixels` and the form's `stored` says which images are scored.

| tensor | shape | type | what it is |
| --- | --- | --- | --- |
| `context` | (K, T, D) | F32 | token embeddings before each class name |
| `visual_tokens` | (K, V, W) | F32 | tokens after the patches of each image |
| `deep_text` | (K, L - 1, T, D) | F32 | added at the context's positions before later text layers |
| `deep_visual` | (K, L - 1, V, W) | F32 | added at the visual tokens before later image layers |
| `weights_<i>` | (P, C) | F32 | weights of the P templates of the i-th ensemble |
| `plain` | (B, 3, S, S) | U8 | resized images, from 0 to 255, not normalised |
| `pixels` | (K, B, 3, S, S) or (1, B, 3, S, S) | F32 | normalised images of each candidate |

The `id` names the question among those of a client. Sent again with the same body it is answered
again and charged once, also after a restart; with another body it is refused (409 `id_reused`).
"""
_REPLY = """\
A safetensors file. Its metadata `reply` is a `ReplyForm` as a text. The tensor `scores` is F32:
(K, B, C) logits or log-probabilities, or (K, B, k) log-probabilities of the k best classes; labels
have none. The tensor `classes` is I64, (K, B, k), the best class first; it is there for `top` and
`label` alone.
"""
_IMAGES = """\
A safetensors file with the tensor `plain`, (N, 3, S, S) U8, and nothing else. The digest is the
SHA-256 of the text `(N, 3, S, S)`, such as `(256, 3, 224, 224)`, followed by the tensor's bytes, in
hexadecimal digits.
"""
_REASONS = {
    "400": ("BadMessage", "`bad_message`: the request can't be read."),
    "401": ("Unauthorized", "`unauthorized`: a token of this service is needed."),
    "404": ("Unknown", "`unknown_model`, or `images_unknown` with the `digests` to send first."),
    "405": ("AnotherMethod", "`method_not_allowed`: this address takes another method."),
    "408": ("TooSlow", "`too_slow`: the body didn't arrive in time."),
    "409": ("Conflict", "`model_changed` with the present `fingerprint`, or `id_reused`."),
    "413": ("TooLarge", "`too_large`: beyond the limits that `GET /v1/models` states."),
    "415": ("AnotherType", "`unsupported_type`: the body has another content type."),
    "422": ("Refused", "`refused`: the model can't answer this; the message says why."),
    "429": ("TooMany", "`too_many_requests`: the client's quota is used up for now."),
    "500": ("Failed", "`failed`: the service's log has more under the `reference`."),
    "503": ("Overloaded", "`overloaded`: there is no room for the request now."),
}
_WAITS = ("429", "503")


class Problem(Frozen):
    """Why a request isn't answered."""

    code: str
    message: str


class Error(Frozen):
    """The body of every response whose status is 400 or more; some errors have more fields."""

    error: Problem


def description() -> dict[str, Any]:
    """The OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "querycurve service",
            "version": str(PROTOCOL),
            "summary": "Scores of images against prompts, from a model that isn't yours.",
            "description": _ABOUT,
        },
        "security": [{"token": []}, {}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Needed where the service has tokens.",
                }
            },
            "schemas": _schemas(),
            "responses": {name: _reason(code) for code, (name, _) in _REASONS.items()},
            "headers": {
                "RetryAfter": {
                    "description": "Seconds after which the request may pass.",
                    "schema": {"type": "integer", "minimum": 1},
                }
            },
        },
    }


def _paths() -> dict[str, Any]:
    health = {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]}
    models = {
        "type": "object",
        "properties": {
            "protocol": {"const": PROTOCOL},
            "models": {"type": "array", "items": _ref("Capabilities")},
        },
        "required": ["protocol", "models"],
    }
    found = {"description": "The description.", "content": {_JSON: {"schema": {"type": "object"}}}}
    return {
        "/health": {
            "get": _operation("Whether it is up", _json("It is.", health), (), security=[]),
        },
        "/openapi.json": {
            "get": _operation("This description", found, (), security=[]),
        },
        "/v1/models": {
            "get": _operation("What is offered", _json("The models.", models), ("401", "429")),
        },
        "/v1/space": {
            "post": _operation(
                "The shapes of prompts for some classes; long names leave less room for context",
                _json("The shapes.", _ref("SpaceForm")),
                ("400", "401", "404", "408", "413", "415", "422", "429", "503"),
                requestBody=_needed(_json("Class names.", _ref("SpaceRequest"))),
            ),
        },
        "/v1/words": {
            "post": _operation(
                "Tokens of texts, without those that mark their start and end, or, with `embed`, "
                "the token embeddings of a text",
                {
                    "description": "Counts; or a safetensors file with the tensor `embeddings`, "
                    "(T, D) F32, where T may be 0.",
                    "content": {_JSON: {"schema": _ref("WordsReply")}, CONTENT_TYPE: _file()},
                },
                ("400", "401", "404", "408", "413", "415", "422", "429", "503"),
                requestBody=_needed(_json("Texts.", _ref("WordsRequest"))),
            ),
        },
        "/v1/models/{model}/images/{digest}": {
            "put": _operation(
                "Sends a set of images, to be named by its digest in questions",
                {"description": "The set is known. It may be forgotten when others come."},
                ("400", "401", "404", "408", "413", "415", "422", "429", "503"),
                requestBody=_needed({"description": _IMAGES, "content": {CONTENT_TYPE: _file()}}),
                parameters=[
                    _parameter("model", "path", {"type": "string"}),
                    _parameter("digest", "path", {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
                ],
            ),
        },
        "/v1/score": {
            "post": _operation(
                "Scores of images for candidate prompts; this is what is charged",
                {"description": _REPLY, "content": {CONTENT_TYPE: _file()}},
                ("400", "401", "404", "408", "409", "413", "415", "422", "429", "503"),
                requestBody=_needed({"description": _QUESTION, "content": {CONTENT_TYPE: _file()}}),
            ),
        },
        "/v1/usage": {
            "get": _operation(
                "What this client was charged, in all or under a label",
                _json("The sums.", _ref("ChargeForm")),
                ("400", "401", "429", "503"),
                parameters=[
                    _parameter(
                        "label",
                        "query",
                        {"type": "string", "pattern": "^[A-Za-z0-9_-]{0,100}$", "default": ""},
                    )
                ],
            ),
        },
    }


def _operation(
    summary: str,
    success: dict[str, Any],
    failures: tuple[str, ...],
    **request: Any,
) -> dict[str, Any]:
    """One operation.

    Args:
        summary: what it does.
        success: the response if all goes well.
        failures: statuses of the others, beside 500.
        request: what is sent, or that no token is needed, in OpenAPI's words.
    """
    refused = {code: {"$ref": f"#/components/responses/{_REASONS[code][0]}"} for code in failures}
    status = "200" if "content" in success else "204"
    return {
        "summary": summary,
        **request,
        "responses": {
            status: success,
            **refused,
            "500": {"$ref": "#/components/responses/Failed"},
        },
    }


def _needed(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "required": True}


def _json(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": what, "content": {_JSON: {"schema": schema}}}


def _file() -> dict[str, Any]:
    return {"schema": {"type": "string", "contentMediaType": CONTENT_TYPE}}


def _parameter(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _reason(code: str) -> dict[str, Any]:
    headers = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return {
        **_json(_REASONS[code][1], _ref("Error")),
        **({"headers": headers} if code in _WAITS else {}),
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Any]:
    """Schemas of all that is sent and returned, by name."""
    sent: tuple[type[BaseModel], ...] = (SpaceRequest, WordsRequest, QuestionForm)
    returned: tuple[type[BaseModel], ...] = (
        Capabilities,
        SpaceForm,
        WordsReply,
        ReplyForm,
        ChargeForm,
        Error,
    )
    _, found = models_json_schema(
        [(form, "validation") for form in (*sent, *returned)], ref_template=_SCHEMA
    )
    return dict(found["$defs"])


def text() -> str:
    """The document as the file holds it."""
    return json.dumps(description(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
