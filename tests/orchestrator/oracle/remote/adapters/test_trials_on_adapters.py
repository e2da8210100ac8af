"""Whole cells on a service behind an adapter measure what they do on the model in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.oracle.remote.adapters.file import READY
from orchestrator.store.trace import Trace
from tests.orchestrator.oracle.remote.adapters.pocket_services import (
    KEY,
    ChatService,
    pocket,
    rank_service,
)
from tests.orchestrator.oracle.remote.adapters.stand_in import StandIn, listening
from tests.orchestrator.trial.test_worker import Bench

METHODS = ("zero_shot", "template_search", "score_probe", "bar")
SPEC = (
    f"methods=[{', '.join(METHODS[:-1])}, {{name: bar, batch_size: 2}}]",
    "shots=[1]",
    "budget=16",
    "augmentation=none",
    "evaluation={at: [16]}",
)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, few_test_images: None) -> None:
    monkeypatch.setenv("CHAT_KEY", KEY)


@pytest.fixture
def chat() -> Iterator[StandIn]:
    with listening(ChatService(busy=50)) as service:
        yield service


@pytest.fixture
def ranking() -> Iterator[StandIn]:
    with listening(rank_service) as service:
        yield service


def bench(folder: Path, name: str, address: str, *overrides: str, **changes: str) -> Bench:
    text = (READY / f"{name}.yaml").read_text()
    for old, new in {"size: 224": "size: 24", **changes}.items():
        text = text.replace(old, new)
    file = folder / f"{name}.yaml"
    file.write_text(text)
    where = f"adapter: {file}, service: '{address}', model: pocket, token_from: CHAT_KEY"
    return Bench(folder / "remote", *SPEC, f"backbone={{{where}}}", *overrides)


def run(bench: Bench, method: str) -> Trace:
    """What a cell leaves that asks a service, for which no features are encoded ahead."""
    cell = bench.cells[method]
    outcome = bench.worker.run_cell(cell.cell, cell.key, None)
    assert outcome.status == "finished", outcome.error
    return bench.trace(method)


def assert_measured_alike(one: Trace, other: Trace) -> None:
    assert one.ledgers["method"] == other.ledgers["method"]
    assert one.ledgers["observer"] == other.ledgers["observer"]
    assert {point.metric for point in one.points} == {point.metric for point in other.points}
    for got, expected in zip(one.points, other.points, strict=True):
        assert (got.metric, got.queries) == (expected.metric, expected.queries)
        assert got.value == pytest.approx(expected.value, abs=1e-4), got.metric


def test_a_grid_on_clip_as_service_equals_one_in_memory(ranking: StandIn, tmp_path: Path) -> None:
    scale = {"scale: 100": f"scale: {pocket().logit_scale}"}
    remote = bench(tmp_path, "clip_as_service", ranking.address, **scale)
    memory = Bench(tmp_path / "memory", *SPEC)
    for method in METHODS:
        trace = run(remote, method)
        if method != "bar":  # whose changed images are rounded on their way
            assert_measured_alike(trace, memory.run(method))
        spent = {name: trace.ledgers[f"service_{name}"] for name in ("training", "measuring")}
        assert spent["training"]["queries"] == trace.ledgers["method"]["queries"]
        assert spent["measuring"]["images"] == trace.ledgers["observer"]["images"]
        assert spent["measuring"]["requests"] >= 1
    assert trace.provenance["service"]["model"] == "pocket"
    assert ranking.address not in repr(trace)


def test_cells_see_the_best_answers_of_a_chat_model(chat: StandIn, tmp_path: Path) -> None:
    remote = bench(tmp_path, "chat_logprobs", f"{chat.address}/v1", "answers={top: 20}")
    memory = Bench(tmp_path / "memory", *SPEC, "answers={top: 20}")
    for method in ("zero_shot", "score_probe"):
        trace = run(remote, method)
        expected = memory.run(method)
        for metric in ("test_accuracy", "test_loss"):
            assert trace.last(metric) == pytest.approx(expected.last(metric), abs=1e-4)
        measuring = trace.ledgers["service_measuring"]
        assert measuring["tokens"] == 101 * measuring["images"]
