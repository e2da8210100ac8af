from __future__ import annotations

import pytest

from orchestrator.oracle.backbone import Backbone, resolve_backbone
from tests.orchestrator.oracle.remote.services import ADDRESS, Relay, reach, served


def test_a_model_behind_a_service_is_named_by_its_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Relay(served(), fingerprint="f00d")
    reach(monkeypatch, service)
    found = resolve_backbone(Backbone(service=ADDRESS, model="pocket"))
    assert found.digest == "service:pocket:f00d"


def test_the_way_to_a_service_is_closed_once_it_has_described_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = Relay(served())
    reach(monkeypatch, service)
    resolve_backbone(Backbone(service=ADDRESS, model="pocket"))
    assert service.closed == 1
