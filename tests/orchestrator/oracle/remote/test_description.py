"""What a service says of itself is taken only where clients can work with it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator.oracle.remote.description import Capabilities
from tests.orchestrator.oracle.remote.services import served

ABSURD: dict[str, object] = {
    "images.std": [0.2, 0.0, 0.2],
    "images.size": 10**6,
    "space.text_width": 10**9,
    "space.vision_width": 10**9,
    "space.context_tokens": 10**9,
    "space.text_layers": 10**9,
    "space.token_embedding_std": float("inf"),
    "limits.requests_per_minute": float("inf"),
    "limits.request_bytes": 1,
}


@pytest.mark.parametrize("place", ABSURD)
def test_numbers_that_no_client_can_work_with_are_refused(place: str) -> None:
    said = served().capabilities.model_dump()
    part, name = place.split(".")
    said[part][name] = ABSURD[place]
    with pytest.raises(ValidationError, match=name):
        Capabilities.model_validate(said)
