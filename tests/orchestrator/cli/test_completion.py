"""What a shell completes after Tab."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
import yaml

from orchestrator.cli import completion
from orchestrator.cli.main import app
from orchestrator.spec.ready import ready_specs


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the user is in, with a spec of an ablation on two methods."""
    spec = {
        "name": "mine",
        "methods": ["zip", {"name": "bar", "label": "wide", "batch_size": 8}],
        "ablation": {"of": "zip", "vary": {"clip": ["none", 1.0]}},
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(spec))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(*words: str) -> typer.Context:
    """What was typed after `run` when Tab is pressed."""
    verb = typer.main.get_command(app).commands["run"]
    return verb.make_context("run", list(words), resilient_parsing=True)


def after_set(incomplete: str, spec: str = "mine.yaml") -> list[str]:
    return completion.overrides(typed(spec), incomplete)


def test_the_users_own_specs_come_before_ready_ones(here: Path) -> None:
    (here / "notes.txt").touch()
    (here / ".hidden.yaml").touch()
    assert completion.specs("") == ["mine.yaml", *ready_specs()]
    assert completion.specs("de") == ["demo", "demo_service"]
    assert completion.specs("zz") == []


def test_specs_in_folders_are_found_step_by_step(here: Path) -> None:
    (here / "specs" / "old").mkdir(parents=True)
    (here / "specs" / "a.yml").touch()
    assert completion.specs("specs/") == ["specs/a.yml", "specs/old/"]
    assert completion.specs("specs/a") == ["specs/a.yml"]
    assert completion.specs("none/") == []


def test_methods_and_datasets_are_completed_by_name() -> None:
    assert "zip" in completion.methods("z")
    assert all(name.startswith("z") for name in completion.methods("z"))
    assert completion.datasets("pocket_do") == ["pocket_dots"]


def test_fields_of_a_spec_end_in_what_follows_them(here: Path) -> None:
    assert after_set("bud") == ["budget="]
    assert after_set("me") == ["methods.zip.", "methods.wide."], "and no blank after `methods.`"
    assert after_set("methods.w") == after_set("methods.wide.")
    assert {"evaluation.", "report.", "seeds="} <= set(after_set(""))
    assert "evaluation.points=" in after_set("evaluation.")


def test_methods_of_a_spec_are_called_by_label_and_offer_their_settings(here: Path) -> None:
    assert after_set("methods.") == ["methods.zip.", "methods.wide."]
    assert after_set("methods.zip.cl") == ["methods.zip.clip="]
    assert "methods.wide.batch_size=" in after_set("methods.wide.")
    assert after_set("methods.0.cl") == ["methods.0.clip="]


@pytest.mark.parametrize(
    "incomplete", ["budget=", "methods.nothing.", "methods.9.", "budget.more.", "name.x"]
)
def test_where_nothing_is_known_nothing_is_offered(here: Path, incomplete: str) -> None:
    assert after_set(incomplete) == []


@pytest.mark.parametrize("spec", ["gone.yaml", "broken.yaml"])
def test_of_a_spec_that_cannot_be_read_nothing_is_offered(here: Path, spec: str) -> None:
    (here / "broken.yaml").write_text("methods: [")
    assert after_set("bud", spec) == []


def test_only_a_shell_that_completes_asks() -> None:
    assert completion.is_asked({"_QUERYCURVE_COMPLETE": "complete_zsh"})
    assert not completion.is_asked({"COMPLETE": "", "PATH": "/bin"})
