"""The token of a service on its way to actors: what is shown of it, and where it ends up."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from orchestrator.oracle.backbone import Backbone, RemoteModel, ResolvedBackbone
from orchestrator.oracle.remote.description import Capabilities, ImageForm
from orchestrator.pool import actors
from orchestrator.pool.actors import OracleActor, OracleActorFactory
from orchestrator.pool.secrets import Secrets
from orchestrator.pool.slots import PoolLimits
from orchestrator.search.broker import OracleBroker
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.worker import Worker

TOKEN = "nobody-may-see-this"


def setup_of(backbone: Backbone, folder: Path) -> WorkerSetup:
    images = ImageForm(size=8, mean=(0, 0, 0), std=(1, 1, 1))
    remote = RemoteModel(backbone, Capabilities(model="x", fingerprint="f", images=images))
    resolved = ResolvedBackbone("x", "x", None, "service:x:f", remote)
    return WorkerSetup(resolved, "fp32", str(folder), str(folder), "refuse")


class _Made:
    """Takes the place of a class that Ray has decorated; keeps what it was made with."""

    def __init__(self) -> None:
        self.arguments: tuple[Any, ...] = ()

    def options(self, **_: Any) -> _Made:
        return self

    def remote(self, *arguments: Any) -> None:
        self.arguments = arguments


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> _Made:
    made = _Made()
    monkeypatch.setattr(actors.ray, "remote", lambda _: made)
    return made


def test_secrets_are_never_shown() -> None:
    secrets = Secrets({"MY_TOKEN": TOKEN, "OTHER": TOKEN})
    shown = "Secrets(MY_TOKEN, OTHER)"
    assert f"{secrets} {secrets!r} {[secrets]}" == f"{shown} {shown} [{shown}]"


def test_an_actor_gets_the_token_that_the_backbone_names_apart_from_its_setup(
    made: _Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", TOKEN)
    backbone = Backbone(model="x", service="http://localhost:1", token_from="MY_TOKEN")
    factory = OracleActorFactory(setup_of(backbone, tmp_path))
    factory()
    setup, secrets = made.arguments
    assert secrets == Secrets({"MY_TOKEN": TOKEN})
    assert TOKEN.encode() not in pickle.dumps((factory, setup))
    assert TOKEN not in repr((factory, setup, secrets))


def test_an_actor_gets_all_that_an_adapter_names(
    made: _Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"MY_TOKEN": TOKEN, "PROJECT": "blue", "OTHER": "not sent"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "mine.yaml"
    file.write_text("headers: {X-Project: '${PROJECT}', X-Absent: '${ABSENT}'}")
    backbone = Backbone(model="x", adapter=str(file), token_from="MY_TOKEN").with_file()
    OracleActorFactory(setup_of(backbone, tmp_path))()
    assert made.arguments[1] == Secrets({"MY_TOKEN": TOKEN, "PROJECT": "blue"})


def test_an_actor_gets_what_an_adapter_names(
    made: _Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("headers: {x-key: '${MY_KEY}', x-other: '${NOT_SET}'}")
    monkeypatch.setenv("MY_KEY", TOKEN)
    backbone = Backbone(model="x", adapter=str(file)).with_file()
    OracleActorFactory(setup_of(backbone, tmp_path))()
    assert made.arguments[1] == Secrets({"MY_KEY": TOKEN})


def test_no_token_is_sent_where_there_is_none_or_no_service(
    made: _Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUERYCURVE_SERVICE_TOKEN", TOKEN)
    pocket = ResolvedBackbone("pocket", "pocket", None, "x")
    loaded = WorkerSetup(pocket, "fp32", str(tmp_path), str(tmp_path), "refuse")
    OracleActorFactory(loaded)()
    assert made.arguments == (loaded, Secrets())
    monkeypatch.delenv("QUERYCURVE_SERVICE_TOKEN")
    asked = setup_of(Backbone(model="x", service="http://localhost:1"), tmp_path)
    OracleActorFactory(asked)()
    assert made.arguments == (asked, Secrets())


def test_an_actor_has_it_before_it_asks_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "of this node")
    seen: list[str] = []
    monkeypatch.setattr(Worker, "__init__", lambda *_: seen.append(os.environ["MY_TOKEN"]))
    setup = setup_of(Backbone(model="x", service="http://localhost:1"), tmp_path)
    OracleActor(setup, Secrets({"MY_TOKEN": TOKEN}))
    assert seen == [TOKEN]


def test_the_broker_of_a_search_passes_it_on(
    made: _Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "of this node")
    backbone = Backbone(model="x", service="http://localhost:1", token_from="MY_TOKEN")
    factory = OracleActorFactory(setup_of(backbone, tmp_path))
    OracleBroker(factory, PoolLimits(), Secrets({"MY_TOKEN": TOKEN}))
    factory()
    assert made.arguments[1] == Secrets({"MY_TOKEN": TOKEN})
