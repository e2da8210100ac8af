"""Ray is given a folder in which it can keep its files, and a person is told where."""

from __future__ import annotations

import os
import tempfile
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.pool import ray_folder as module
from orchestrator.pool.ray_folder import LONGEST, ray_folder

Usage = namedtuple("Usage", "free")


@pytest.fixture
def common(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a short path, in place of /tmp."""
    monkeypatch.delenv("RAY_TMPDIR", raising=False)
    monkeypatch.delenv("TMPDIR", raising=False)
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="q") as folder:
        yield Path(folder)


def told_and_chosen(common: Path) -> tuple[list[str], Path]:
    said: list[str] = []
    return said, Path(ray_folder(said.append, common))


@pytest.mark.parametrize("variable", ["RAY_TMPDIR", "TMPDIR", ""])
def test_a_folder_that_can_be_used_is_rays_own_choice(
    variable: str, common: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = common / "mine" if variable else common  # need not be there yet
    if variable:
        monkeypatch.setenv(variable, str(chosen))
    assert told_and_chosen(common) == ([], chosen / "ray")


def test_a_relative_folder_is_one_in_the_present_folder(
    common: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(common)
    monkeypatch.setenv("TMPDIR", "mine")
    assert told_and_chosen(common) == ([], common / "mine" / "ray")


def test_sockets_of_ray_fit_into_the_longest_folder_that_is_taken() -> None:
    socket = f"session_2026-11-26_23-03-31_670411_{os.getpid()}/sockets/plasma_store"
    assert module._most() + len(f"/{socket}") == LONGEST


def test_a_folder_with_a_long_path_is_left_with_a_word(
    common: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(common / ("x" * 100)))
    (said,), chosen = told_and_chosen(common)
    assert chosen == common / "ray"
    assert said.startswith(f"Ray keeps its files in {chosen}: {common}/xxx")
    assert "is too long for the paths of its sockets" in said


def test_a_folder_that_cannot_be_written_is_left(
    common: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (common / "file").touch()
    monkeypatch.setenv("TMPDIR", str(common / "file"))
    (said,), chosen = told_and_chosen(common)
    assert chosen == common / "ray"
    assert "can't be written (Not a directory)" in said


def test_another_users_folder_is_left_for_one_of_our_own(common: Path) -> None:
    (common / "ray").touch()  # whoever runs the tests may write to every folder
    (said,), chosen = told_and_chosen(common)
    assert chosen == common / f"ray-{os.getuid()}"
    assert f"{common / 'ray'} can't be written" in said


def test_without_any_folder_a_person_is_told_what_to_set(
    common: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Usage(5 << 20))
    with pytest.raises(UserError, match=r"/ray has only 5 MiB free\. Set RAY_TMPDIR to a folder"):
        ray_folder(lambda _: None, common)
