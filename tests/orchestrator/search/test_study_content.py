"""Studies in files that are none, or that hold what Optuna has not written: named in a sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.search.plan import searched
from orchestrator.search.study import read_search, study_place
from orchestrator.spec.load import load_spec
from orchestrator.spec.spec import Spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.search.test_search_lock import add_trial

MOVE = "move the file away: a new search finds what the store has measured."


@pytest.fixture
def spec() -> Spec:
    return load_spec("search_clipping_pocket", ("search.seeds=[101]",))


def refusal(spec: Spec, store: Store) -> str:
    assert spec.search is not None
    with pytest.raises(UserError) as error:
        read_search(spec, spec.search, store)
    return str(error.value)


@pytest.mark.parametrize("content", [b"no database" * 20, b"SQLite format 3\0" + b"\xff" * 500])
def test_a_file_that_is_no_database_is_named(content: bytes, spec: Spec, tmp_path: Path) -> None:
    file = tmp_path / "search" / f"{spec.name}.db"
    file.parent.mkdir()
    file.write_bytes(content)
    said = refusal(spec, Store(LocalStorage(tmp_path)))
    assert f"can't be used at sqlite:///{file}: file is not a database." in said
    assert said.endswith(MOVE)
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO trial_user_attributes VALUES (1, 1, 'queries', '[}')",
        "INSERT INTO trial_user_attributes VALUES (1, 1, 'queries', 'null')",
        "UPDATE trials SET state = 'WHAT'",
        "UPDATE trial_params SET distribution_json = 'x'",
        "UPDATE alembic_version SET version_num = 'v99'",
    ],
)
def test_a_study_with_other_content_is_named(change: str, spec: Spec, tmp_path: Path) -> None:
    store = Store(LocalStorage(tmp_path))
    found = searched(spec, store, tmp_path)
    assert found is not None
    place = study_place(spec, found.section, store)
    add_trial(found, place)
    assert len(read_search(spec, found.section, store).trials) == 1
    with sqlite3.connect(place.url.removeprefix("sqlite:///")) as database:
        assert database.execute(change).rowcount >= 1
    database.close()
    said = refusal(spec, store)
    assert said.endswith(MOVE)
    assert said.isprintable()
