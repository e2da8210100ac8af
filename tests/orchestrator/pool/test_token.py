"""Ray's token is its own affair, unless there is no home to keep it in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.pool.token import have_token


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, in an environment without any token."""
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("kept", [False, True])
def test_a_home_that_can_keep_it_is_left_to_ray(kept: bool, home: Path) -> None:
    if kept:
        (home / ".ray").mkdir()
        (home / ".ray" / "auth_token").write_text("known")
    have_token()
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_without_a_home_to_write_to_this_process_has_one_of_its_own(home: Path) -> None:
    (home / ".ray").touch()  # whoever runs the tests may write to every folder
    have_token()
    token = os.environ["RAY_AUTH_TOKEN"]
    assert len(token) == 64
    have_token()
    assert os.environ["RAY_AUTH_TOKEN"] == token


@pytest.mark.parametrize("variable", ["RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"])
def test_a_token_that_was_given_stays(
    variable: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".ray").touch()
    monkeypatch.setenv(variable, "given")
    have_token()
    assert os.environ[variable] == "given"
    assert not {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} - {variable} & os.environ.keys()
