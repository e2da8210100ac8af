"""A search's study lies in its store, whatever the store is called, and moves with it."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from orchestrator.errors import UserError
from orchestrator.search.study import study_place
from orchestrator.search.study_place import StudyPlace
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store

SEARCH = "search={method: zip, trials: 2, space: {clip: {uniform: [0.5, 2]}}}"


def place(store: Path, *overrides: str) -> StudyPlace:
    spec = load_spec("demo", [SEARCH, *overrides])
    assert spec.search is not None
    return study_place(spec, spec.search, Store(LocalStorage(store)))


@pytest.mark.parametrize("name", ["50% off? {x} #1", "größe & [b]"])
def test_a_study_is_in_a_store_of_any_name_and_goes_where_it_goes(
    name: str, tmp_path: Path
) -> None:
    found = place(tmp_path / name)
    assert not found.exists
    optuna.create_study(storage=found.storage(), study_name=found.name)
    assert found.exists
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert [path.name for path in (tmp_path / name / "search").iterdir()] == ["demo.db"]
    moved = place((tmp_path / name).rename(tmp_path / "moved"))
    assert moved.name == found.name
    assert optuna.load_study(storage=moved.storage(), study_name=moved.name).trials == []


def test_a_tilde_in_the_specs_storage_is_the_home_folder(tmp_path: Path) -> None:
    found = place(tmp_path, "search.storage=sqlite:///~/study.db?timeout=9")
    assert found.url == f"sqlite:///{Path.home()}/study.db?timeout=9"


def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied", "study.db")

    there = place(tmp_path)
    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(UserError, match=r"Permission denied\. Correct the permissions of its fol"):
        _ = there.exists
