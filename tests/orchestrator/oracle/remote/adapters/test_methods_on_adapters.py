"""Methods see through an adapter what they would see of the same model in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.pocket.datasets import PocketDots
from methods.interface import Ensemble, Named, Problem, Prompts, Scores
from methods.registry import method_variant
from orchestrator.answers import Answers
from orchestrator.oracle.backbone import Backbone, preprocessing_of
from orchestrator.oracle.interface import Asking, Batch, Oracle
from orchestrator.oracle.remote.adapters.file import READY
from orchestrator.oracle.remote.adapters.opening import open_adapter
from orchestrator.oracle.remote.oracle import RemoteOracle
from orchestrator.oracle.remote.service import Caller, Service
from tests.orchestrator.oracle.remote.adapters.asked_oracle import RoundedClip, asked_oracle
from tests.orchestrator.oracle.remote.adapters.pocket_services import (
    KEY,
    ChatService,
    pocket,
    rank_service,
)
from tests.orchestrator.oracle.remote.adapters.stand_in import StandIn, listening

SMALL: dict[str, dict[str, Any]] = {"template_search": {"first": 6, "edits": 2}, "bar": {}}
TEMPLATES = ("a photo of {} objects.", "{} circles.")
BATCH = 3


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_KEY", KEY)


@pytest.fixture(scope="module")
def chat() -> Iterator[StandIn]:
    with listening(ChatService(busy=7)) as service:
        yield service


@pytest.fixture(scope="module")
def ranking() -> Iterator[StandIn]:
    with listening(rank_service) as service:
        yield service


def adapted(name: str, address: str, folder: Path, **changes: str) -> Service:
    """A ready adapter with the pocket's image size, and with other parts changed."""
    text = (READY / f"{name}.yaml").read_text()
    for old, new in {"size: 224": "size: 24", **changes}.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / f"{name}.yaml"
    file.write_text(text)
    path = "/v1" if name == "chat_logprobs" else ""
    backbone = Backbone(
        model="pocket", adapter=str(file), service=f"{address}{path}", token_from="CHAT_KEY"
    )
    return open_adapter(backbone, Caller(patience=20))


@dataclass
class Images:
    """Some of the pocket's dots, at the size that a method wants."""

    size: int
    classes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        dots = PocketDots(Path())
        self.classes = dots.class_names()
        items = dots.items("train")[:: len(dots.items("train")) // (2 * BATCH)][: 2 * BATCH]
        form = preprocessing_of(pocket().backbone, "none")
        test = type(form)(**{**vars(form), "size": self.size}).test
        self.pixels = torch.stack([test(dots.open(item)) for item in items])
        self.labels = torch.tensor([item.label for item in items])

    def batch(self, ids: Tensor) -> Batch:
        return Batch(self.labels[ids], self.pixels[ids], examples=ids)


def asked_of_both(name: str, oracle: Oracle, twin: Oracle, steps: int = 3) -> list[Tensor]:
    """The scores that a method gets of one black box, each compared with those of another one.

    They are those of some steps, and at last those of what it deploys.
    """
    kind, defaults = method_variant(name)
    settings = kind.settings_type.model_validate({**defaults, **SMALL.get(name, {})})
    images = Images(kind.image_size(oracle.space, settings))
    problem = Problem(
        oracle.space, oracle.classes, TEMPLATES, 2, 60, 1, examples=2 * BATCH, batch_size=BATCH
    )
    method, seen = kind(problem, settings), []
    for _ in range(steps):
        prompts = method.ask()
        if prompts is None:
            break
        choice = method.images()
        named = choice.examples if isinstance(choice, Named) else range(BATCH)
        batch = images.batch(torch.tensor(list(named)))
        seen.append(oracle.query(prompts, batch))
        torch.testing.assert_close(seen[-1], twin.query(prompts, batch), atol=1e-5, rtol=1e-5)
        method.tell(Scores(seen[-1], batch.labels, batch.examples))
    test, readout = [images.batch(torch.arange(BATCH))], method.readout()
    both = [one.observe(method.best_prompt(), test, as_method=True) for one in (oracle, twin)]
    ((_, last),), ((_, expected),) = both
    torch.testing.assert_close(last, expected, atol=1e-5, rtol=1e-5)
    return [*seen, last if readout is None else readout(last)]


def assert_equal(name: str, service: Service, answers: Answers) -> RemoteOracle:
    """A method sees the same of a service as of the pocket in memory with such answers."""
    classes = Images(24).classes
    asked = asked_oracle(service, classes, answers)
    twin = RoundedClip(classes, answers, service.capabilities.images)
    asked_of_both(name, asked, twin)
    assert asked.method.as_dict() == twin.method.as_dict()
    return asked


METHODS = ("zero_shot", "template_search", "score_probe", "bar")


@pytest.mark.parametrize("name", METHODS)
def test_methods_see_the_options_scores_of_a_chat_model(
    name: str, chat: StandIn, tmp_path: Path
) -> None:
    service = adapted("chat_logprobs", chat.address, tmp_path)
    oracle = assert_equal(name, service, Answers(kind="top", top=20))
    for party, charged in (("method", "training"), ("observer", "measuring")):
        spent = oracle.ledgers[party]["images"]
        charge = oracle.ledgers[f"service_{charged}"]
        assert charge["images"] == charge["requests"] == spent, "one request an image"
        assert charge["tokens"] == 101 * spent


@pytest.mark.parametrize("name", ["template_search", "bar"])
def test_methods_see_the_cosines_of_clip_as_service(
    name: str, ranking: StandIn, tmp_path: Path
) -> None:
    scale = f"scale: {pocket().logit_scale}"
    service = adapted("clip_as_service", ranking.address, tmp_path, **{"scale: 100": scale})
    oracle = assert_equal(name, service, Answers())
    for party, charged in (("method", "training"), ("observer", "measuring")):
        spent = oracle.ledgers[party]["queries"]
        charge = oracle.ledgers[f"service_{charged}"]
        assert charge["queries"] == charge["requests"] == spent, "one request a query"


def test_probabilities_become_log_probabilities(ranking: StandIn, tmp_path: Path) -> None:
    changes = {
        "clip_score_cosine": "clip_score",
        "kind: logits": "kind: probabilities",
        "  scale: 100\n": "",
    }
    service = adapted("clip_as_service", ranking.address, tmp_path, **changes)
    assert_equal("score_probe", service, Answers(kind="log_probabilities"))


@pytest.mark.parametrize("answers", [Answers(kind="top", top=3), Answers(kind="label")])
def test_poorer_answers_are_made_of_richer_ones(
    answers: Answers, chat: StandIn, ranking: StandIn, tmp_path: Path
) -> None:
    scale = f"scale: {pocket().logit_scale}"
    for service in (
        adapted("chat_logprobs", chat.address, tmp_path),
        adapted("clip_as_service", ranking.address, tmp_path, **{"scale: 100": scale}),
    ):
        images = Images(24)
        twin = RoundedClip(images.classes, answers, service.capabilities.images)
        oracle = asked_oracle(service, images.classes, answers)
        prompts = Prompts(ensembles=tuple(Ensemble((one,)) for one in TEMPLATES))
        asking, batch = Asking(answers, "method", 0, 0), images.batch(torch.arange(BATCH))
        got, expected = oracle.asker(prompts)(batch, asking), twin.asker(prompts)(batch, asking)
        assert got.classes is not None
        assert expected.classes is not None
        assert torch.equal(got.classes, expected.classes)
        torch.testing.assert_close(got.scores, expected.scores, atol=1e-5, rtol=1e-5)


def test_a_chat_model_that_names_few_options_is_a_box_of_few_answers(
    chat: StandIn, tmp_path: Path
) -> None:
    changes = {"top_logprobs: 20": "top_logprobs: 6", "top: 20": "top: 3"}
    service = adapted("chat_logprobs", chat.address, tmp_path, **changes)
    classes = Images(24).classes
    oracle = asked_oracle(service, classes, Answers(kind="top", top=3))
    test = [Images(24).batch(torch.arange(BATCH))]
    ((_, scores),) = oracle.observe(Prompts(templates=TEMPLATES[:1]), test, as_method=True)
    assert scores.shape == (1, BATCH, len(classes))
    probabilities = scores.exp().sum(dim=-1)
    assert (probabilities < 1 + 1e-5).all(), "six tokens leave some probability to others"
