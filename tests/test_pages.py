"""The page on black boxes shows commands, specs and addresses that there are."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import typer.main
import yaml

from orchestrator.cli.main import app
from orchestrator.oracle.backbone import Backbone
from orchestrator.spec.load import load_spec

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "black_boxes.md"
TEXT = PAGE.read_text()
COMMANDS = re.findall(r"^    querycurve (.+)$", TEXT, re.MULTILINE)
VERBS = typer.main.get_command(app)


def blocks() -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_can_be_typed(command: str) -> None:
    words = shlex.split(command, comments=True)
    with VERBS.make_context("querycurve", words) as context:
        verb = VERBS.get_command(context, words[0])  # type: ignore[attr-defined]
        assert verb is not None
        with verb.make_context(words[0], words[1:], parent=context):
            pass


def test_its_spec_is_one(tmp_path: Path) -> None:
    file = tmp_path / "on_a_service.yaml"
    file.write_text(blocks()[0])
    spec = load_spec(str(file))
    assert spec.backbone.service == "http://127.0.0.1:8008"
    assert spec.prices is not None


def test_the_values_that_it_gives_for_a_backbone_are_the_defaults() -> None:
    said = yaml.safe_load(blocks()[1])["backbone"]
    least = Backbone(service=said["service"], model=said["model"])
    assert said.pop("requests_per_minute") > 0
    assert Backbone.model_validate(said) == least
    assert set(said) == {"service", "model", "token_from", "in_flight", "timeout"}


def test_its_protocol_is_that_of_the_description() -> None:
    rows = re.findall(r"^\| `(GET|PUT|POST) (/[^`?]*)[^`]*` \|", TEXT, re.MULTILINE)
    paths = json.loads((ROOT / "orchestrator" / "server" / "openapi.json").read_text())["paths"]
    described = {(method.upper(), path) for path, of in paths.items() for method in of}
    assert set(rows) == described - {("GET", "/openapi.json")}


def test_its_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        if not link.startswith("https://"):
            assert (PAGE.parent / link.partition("#")[0]).exists(), link
