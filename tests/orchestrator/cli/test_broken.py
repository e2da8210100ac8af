"""A file of the project with an error is named, and all verbs go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import benchmarks.datasets.zoo
import methods
from benchmarks.datasets import registry as datasets
from methods import registry
from tests.orchestrator.cli.verbs import querycurve


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Holds a broken method and a broken dataset, which belong to the project for the test."""
    (tmp_path / "broken_method.py").write_text("def ask(:\n")
    zoo = tmp_path / "zoo"
    zoo.mkdir()
    card = "from benchmarks.datasets.interface import Card, Dataset\n\nclass Bad(Dataset):\n"
    (zoo / "broken_dataset.py").write_text(f"{card}    card = 'no card'\n")
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    package = benchmarks.datasets.zoo
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(zoo)])
    for found in (registry._shipped, datasets._shipped):
        found.cache_clear()
    yield tmp_path
    for found in (registry._shipped, datasets._shipped):
        found.cache_clear()


def test_verbs_go_on_and_name_the_file_with_its_error(folder: Path) -> None:
    method = "note: left out: " + str(folder / "broken_method.py") + ", line 1: invalid syntax"
    dataset = "broken_dataset.py: Bad.card: expected a Card, got a value of the type str"
    for verb in (["methods"], ["plan", "demo", "--store", str(folder)], ["datasets"]):
        said = querycurve(*verb)
        told = said.err.replace("\n", "")
        assert said.code == 0, verb
        assert (method.replace(" ", "") in told.replace(" ", "")) == (verb != ["datasets"])
        assert (dataset.replace(" ", "") in told.replace(" ", "")) == (verb != ["methods"])
