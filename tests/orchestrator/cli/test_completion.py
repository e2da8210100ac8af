"""What a shell is told after Tab."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.orchestrator.cli.verbs import querycurve, write_spec


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec, where the user is."""
    write_spec(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "late.yml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """What is offered for the last word."""
    monkeypatch.setattr("sys.argv", ["querycurve"])
    monkeypatch.setenv("_QUERYCURVE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(("querycurve", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    said = querycurve()
    assert (said.code, said.err) == (0, "")
    return said.out.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["repo"], ["report"]),
        (["plan", "sm"], ["small.yaml"]),
        (["plan", "demo_"], ["demo_service"]),
        (["compare", "few"], ["few_shot"]),
        (["run", "more/"], ["more/late.yml"]),
        (["run", "demo", "--str"], ["--strict"]),
        (["run", "nowhere/x"], []),
        (["datasets", "verify", "pocket_d"], ["pocket_dots"]),
        (["datasets", "list", "--spec", "small"], ["small.yaml"]),
        (["plan", "small.yaml", "--set", "bud"], ["budget="]),
        (["plan", "small.yaml", "--set", "methods.z"], ["methods.zero_shot.", "methods.zip."]),
        (["plan", "small.yaml", "--set", "methods.1.cli"], ["methods.1.clip="]),
        (["plan", "small.yaml", "--set", "methods.zip.batch"], ["methods.zip.batch_size="]),
        (["plan", "small.yaml", "--set", "evaluation.poi"], ["evaluation.points="]),
        (["plan", "nowhere.yaml", "--set", "bud"], []),
        (["plan", "small.yaml", "--set", "methods.zipp.c"], []),
    ],
)
def test_names_are_completed(
    words: list[str], offered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert completed(monkeypatch, *words) == offered


def test_the_script_of_a_shell_is_shown() -> None:
    said = querycurve("--show-completion", "bash")
    assert "_COMPLETE=complete_bash" in said.out
