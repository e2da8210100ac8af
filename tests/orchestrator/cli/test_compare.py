"""The `compare` verb says what it found, and what it can't know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.reference.published import published_results
from orchestrator.analysis.reproduction import compare_with_published
from orchestrator.cli.compare import compare_stores, show_verdicts
from orchestrator.cli.main import app
from orchestrator.errors import UserError
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.analysis.builders import make_run
from tests.orchestrator.analysis.test_reproduction import paper_run
from tests.orchestrator.cli.verbs import shown


def store_with(folder: Path, accuracy: float) -> str:
    run = make_run([(0, 30.0), (10, accuracy)])
    Store(LocalStorage(folder)).save(run.trace)
    return str(folder)


def test_verdicts_are_printed_with_their_reasons_and_warnings() -> None:
    runs = [paper_run(64.0 + seed / 10, seed) for seed in (1, 2, 3)]
    pets = [replace(run, dataset="oxford_pets") for run in runs]
    verdicts, unknown = compare_with_published([*runs, *pets], published_results())
    text = " ".join(shown(lambda: show_verdicts(verdicts, unknown)).split())
    assert "reproduced" in text
    assert "another unit of cost: 20,000 steps there" in text
    assert "conflict" in text


def test_the_exit_code_of_two_stores_says_whether_they_differ(tmp_path: Path) -> None:
    one, same = store_with(tmp_path / "one", 50), store_with(tmp_path / "same", 50)
    other = store_with(tmp_path / "other", 51)
    runner = CliRunner()
    assert runner.invoke(app, ["compare", one, same]).exit_code == 0
    result = runner.invoke(app, ["compare", one, other])
    assert result.exit_code == 1
    assert "1.00 points apart" in " ".join(result.output.split())
    assert runner.invoke(app, ["compare", one, other, "--tolerance", "2"]).exit_code == 0


def test_an_empty_store_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no finished results"):
        compare_stores(store_with(tmp_path / "one", 50), str(tmp_path / "none"), 0)


def test_one_store_alone_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["compare", store_with(tmp_path / "one", 50)])
    assert isinstance(result.exception, UserError)
    assert "give a second one" in str(result.exception)


def test_a_spec_without_results_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["compare", "demo", "--store", str(tmp_path)])
    assert "nothing has finished yet" in str(result.exception)
