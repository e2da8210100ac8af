"""Where nothing answers is found by one question, and what answers is asked properly."""

from __future__ import annotations

import time

import pytest

from benchmarks.datasets.packed.location import Unreachable, open_location
from orchestrator.plan.recall.reach import unreachable
from orchestrator.spec.load import load_spec
from tests.s3_server import s3_server, status

AWAY = "s3://bucket/data?endpoint_override=127.0.0.1:9&scheme=http"
SPEC = load_spec("demo", ("datasets=[eurosat, pocket_dots]",))


def test_only_datasets_that_lie_there_are_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    found = unreachable(SPEC, SPEC.datasets, AWAY)
    assert list(found) == ["eurosat"]
    assert found["eurosat"].startswith("can't reach s3://bucket/data?")
    assert unreachable(SPEC, SPEC.datasets, "/nonexistent") == {}, "folders are looked at at once"


def test_an_address_that_cannot_be_is_a_reason_too() -> None:
    found = unreachable(SPEC, SPEC.datasets, "s3://")
    assert found == {"eurosat": "s3:// names no bucket: expected s3://BUCKET/PREFIX."}


def test_a_server_is_greeted_with_one_request() -> None:
    with s3_server() as server:
        place = open_location(server.bucket())
        before = server.requests
        place.greet()
        assert server.requests - before <= 2  # the folder itself, and what lies in it
        server.every, start = (1, status("503 Service Unavailable")), time.monotonic()
        with pytest.raises(Unreachable, match="can't reach"):
            place.greet()
        assert time.monotonic() - start < 60, "it doesn't wait for the server to recover"
