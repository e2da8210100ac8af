"""What a shell offers after Tab."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.cli import completion


def after(*typed: str, incomplete: str) -> list[str]:
    """What completes `--set` after a spec, or after nothing."""
    context: Any = SimpleNamespace(params={"spec": typed[0]} if typed else {})
    return completion.overrides(context, incomplete)


def test_specs_are_files_beside_the_user_and_ready_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("demo_of_mine.yaml", "demons.yml", "demo.txt", ".demo.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "mine.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert completion.specs("demo_") == ["demo_of_mine.yaml", "demo_service"]
    assert "demo" in completion.specs("demo")
    assert completion.specs("more/") == ["more/mine.yaml"]
    assert completion.specs("nowhere/") == []


def test_fields_are_completed_a_step_at_a_time() -> None:
    assert after("demo", incomplete="bud") == ["budget="]
    assert after("demo", incomplete="evaluation.p") == ["evaluation.points="]
    assert "methods.zip." in after("demo", incomplete="methods.")
    assert "methods.zip.clip=" in after("demo", incomplete="methods.zip.")
    assert after("demo", incomplete="budget=") == []


@pytest.mark.parametrize("spec", ["no_such_spec", ""])
def test_where_the_spec_is_not_known_only_fields_of_all_are(spec: str) -> None:
    assert after(*([spec] if spec else []), incomplete="methods.zip.") == []


def test_names_are_completed() -> None:
    assert completion.methods("zi") == ["zip"]
    assert completion.datasets("pocket_d") == ["pocket_dots"]


@pytest.mark.parametrize(
    ("variable", "asked"), [("_QUERYCURVE_COMPLETE", True), ("QUERYCURVE_STORE", False)]
)
def test_a_shell_that_asks_is_told_from_a_person(variable: str, asked: bool) -> None:
    assert completion.is_asked({variable: "complete_bash"}) is asked
