"""The description of the protocol: valid, current, and of every endpoint there is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from orchestrator.oracle.remote.protocol.forms import QuestionForm
from orchestrator.server.openapi import FILE, description, text
from tests.orchestrator.server.clients import service_client
from tests.orchestrator.server.questions import ask, body


def test_the_file_is_current() -> None:
    current = FILE.read_text(encoding="utf-8") == text()
    assert current, "write it anew: python -m orchestrator.server.openapi"


def test_it_is_valid() -> None:
    validate(json.loads(FILE.read_text(encoding="utf-8")))


def test_it_has_every_endpoint_and_no_other() -> None:
    described = {
        (path, method.upper())
        for path, operations in description()["paths"].items()
        for method in operations
    }
    with service_client() as client:
        app: Any = client.http.app
        served = {
            (route.path, method) for route in app.routes for method in route.methods - {"HEAD"}
        }
        assert described == served
        assert client.http.get("/openapi.json").json() == description()


@pytest.mark.parametrize("path", ["/v1/space", "/v1/words", "/v1/score"])
def test_it_names_the_errors_of_an_endpoint(path: str) -> None:
    """What the tests of endpoints meet is described."""
    responses = description()["paths"][path]["post"]["responses"]
    assert {"200", "400", "401", "404", "413", "415", "422", "429", "500", "503"} <= set(responses)


def test_a_questions_metadata_are_as_described() -> None:
    with service_client() as client:
        sent = body(ask(), client.model)
    header = json.loads(sent[8 : 8 + int.from_bytes(sent[:8], "little")])
    form = json.loads(header["__metadata__"]["question"])
    schema = description()["components"]["schemas"]["QuestionForm"]
    assert set(schema["required"]) <= set(form) <= set(schema["properties"])
    assert set(schema["properties"]) == set(QuestionForm.model_fields)
