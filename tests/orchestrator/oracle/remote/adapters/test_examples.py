"""The files that the page on own services shows do what the page says."""

from __future__ import annotations

import json
import re
from itertools import count
from pathlib import Path

import pytest
import torch

from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.remote.adapters.opening import open_adapter
from orchestrator.oracle.remote.service import Caller
from tests.orchestrator.oracle.remote.adapters.asking import question
from tests.orchestrator.oracle.remote.adapters.stand_in import Asked, Told, listening

PAGE = Path(__file__).parents[5] / "docs" / "your_own_service.md"
SECRET = "a-token-of-the-test"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", SECRET)
    monkeypatch.setenv("MY_PROJECT", "blue")


def test_the_yaml_reads_the_answer_that_is_shown(tmp_path: Path) -> None:
    (shown,) = (json.loads(one) for one in blocks("json"))

    def answer(asked: Asked) -> Told:
        assert asked.path == "/v2/classify"
        assert asked.headers["authorization"] == f"Bearer {SECRET}"
        assert asked.headers["x-project"] == "blue"
        texts = ["a photo of a cat.", "a photo of a dog.", "a photo of a rat."]
        (image,) = asked.body["inputs"]
        assert (asked.body["model"], image["candidates"]) == ("clip-large", texts)
        return Told(shown)

    file = tmp_path / "my_service.yaml"
    spec, text = blocks("yaml")
    file.write_text(text)
    assert "adapter: my_service.yaml" in spec
    with listening(answer) as service:
        subject = open_adapter(backbone(file, service.address), Caller())
        reply = subject.score(question())
    assert reply.answer.scores is not None
    wanted = torch.tensor([[[0.915, 0.085, 1e-6 / 1]]])
    torch.testing.assert_close(reply.answer.scores.exp(), wanted, atol=1e-5, rtol=0)
    assert (reply.charge.tokens, reply.charge.money) == (85, 0.002)
    assert subject.capabilities.limits.concurrency == 20


def test_the_python_waits_for_its_jobs(tmp_path: Path) -> None:
    looks = count(1)

    def answer(asked: Asked) -> Told:
        assert asked.headers["authorization"] == f"Bearer {SECRET}"
        if asked.method == "POST":
            assert (asked.path, len(asked.body["images"])) == ("/jobs", 2)
            return Told({"id": 7, "state": "queued", "wait": 0.0})
        assert asked.path == "/jobs/7"
        if next(looks) < 3:
            return Told({"id": 7, "state": "running", "wait": 0.0})
        results = [{"probabilities": [0.7, 0.2, 0.1]}, {"probabilities": [0.1, 0.2, 0.7]}]
        return Told({"state": "done", "results": results, "tokens": 40, "price": 0.01})

    file = tmp_path / "my_service.py"
    (text,) = blocks("python")
    assert len(text.splitlines()) <= 32, "it is said to be short"
    file.write_text(text)
    with listening(answer) as service:
        reply = open_adapter(backbone(file, service.address), Caller()).score(question(images=2))
    assert reply.answer.scores is not None
    wanted = torch.tensor([[[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]]).log()
    torch.testing.assert_close(reply.answer.scores, wanted)
    assert (reply.charge.requests, reply.charge.tokens, reply.charge.money) == (1, 40, 0.01)


def backbone(file: Path, address: str) -> Backbone:
    return Backbone(
        model="clip-large", adapter=str(file), service=address, token_from="MY_TOKEN", in_flight=2
    )
