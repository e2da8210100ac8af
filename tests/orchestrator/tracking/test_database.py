"""MLflow's database stays with its artifacts, wherever both go and whatever they are called."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from mlflow.tracking import MlflowClient

from orchestrator.store.sqlite_address import sqlite_url
from orchestrator.store.storage.local import LocalStorage
from orchestrator.tracking.database import DatabaseError, settle
from orchestrator.tracking.entries import TrackedSpec, cell_entry
from orchestrator.tracking.tracker import Tracker, TrackingError, only_writer
from tests.orchestrator.analysis.builders import make_run

ENTRIES = [
    cell_entry(
        make_run([(0, 30.0), (10, 40.0)], seed=seed), TrackedSpec("demo", "name: demo\n", 10)
    )
    for seed in (1, 2)
]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store's folder with an MLflow of one run."""
    folder = tmp_path_factory.mktemp("original") / "50% off?"
    Tracker(sqlite_url(folder / "mlflow.db"), "demo").put(ENTRIES[0])
    return folder


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy"))


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def places(folder: Path) -> list[Path]:
    """Where MLflow says that the artifacts of each run are."""
    client = MlflowClient(tracking_uri=sqlite_url(folder / "mlflow.db"))
    experiment = client.get_experiment_by_name("demo")
    runs = client.search_runs([experiment.experiment_id])
    uris = [experiment.artifact_location, *(run.info.artifact_uri for run in runs)]
    assert all(client.list_artifacts(run.info.run_id) for run in runs)
    return [Path(unquote(urlsplit(uri).path)) for uri in uris]


def test_a_copy_is_tracked_to_itself_alone(original: Path, copy: Path) -> None:
    before = files(original)
    for entry in ENTRIES:
        Tracker(sqlite_url(copy / "mlflow.db"), "demo").put(entry)
    assert files(original) == before
    found = places(copy)
    assert len(found) == 3
    assert all(place.is_relative_to(copy) for place in found)
    assert all(place.is_relative_to(original) for place in places(original))


def test_what_was_tracked_before_a_move_stays_as_it_was(copy: Path) -> None:
    moved = copy.rename(copy.parent / "moved")
    runs = {path for path in files(moved) if path.startswith("mlflow-artifacts")}
    settle(moved / "mlflow.db")
    Tracker(sqlite_url(moved / "mlflow.db"), "demo").put(ENTRIES[0])
    assert {path for path in files(moved) if path.startswith("mlflow-artifacts")} == runs
    assert not copy.exists()
    assert all(place.is_relative_to(moved) for place in places(moved))


def test_a_folder_is_one_place_whatever_path_leads_there(copy: Path) -> None:
    link = copy.parent / "link"
    link.symlink_to(copy)
    for folder in (link, copy / ".." / copy.name, copy):
        Tracker(sqlite_url(folder / "mlflow.db"), "demo").put(ENTRIES[1])
        assert all(place.is_relative_to(copy) for place in places(folder))
        assert not any(".." in place.parts for place in places(folder))


def test_a_run_whose_artifacts_were_not_copied_is_written_anew(copy: Path) -> None:
    shutil.rmtree(copy / "mlflow-artifacts")
    Tracker(sqlite_url(copy / "mlflow.db"), "demo").put(ENTRIES[0])
    assert all(place.is_relative_to(copy) for place in places(copy))


def test_artifacts_of_others_are_left_where_they_are(copy: Path, tmp_path: Path) -> None:
    client = MlflowClient(tracking_uri=sqlite_url(copy / "mlflow.db"))
    elsewhere = (tmp_path / "elsewhere").as_uri()
    client.create_experiment("others", artifact_location=elsewhere)
    settle(copy / "mlflow.db")
    assert client.get_experiment_by_name("others").artifact_location == elsewhere


@pytest.mark.parametrize("name", ["a b", "100%", "what? #1 größe & [x] {y}", "50%25"])
def test_a_folder_of_any_name_holds_its_own_mlflow(
    name: str, original: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(original, tmp_path / name))
    for entry in ENTRIES:
        Tracker(sqlite_url(folder / "mlflow.db"), "demo").put(entry)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert {path.name for path in folder.iterdir()} == {"mlflow.db", "mlflow-artifacts"}
    found = places(folder)
    assert len(found) == 3
    assert all(place.is_relative_to(folder) for place in found)


def test_a_new_database_is_made_where_its_name_says(original: Path) -> None:
    assert [path.name for path in original.parent.iterdir()] == [original.name]
    assert all(place.is_relative_to(original) for place in places(original))


def test_what_is_no_database_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.write_text("this is a letter, and no database at all" * 100)
    with pytest.raises(
        TrackingError, match=r"file is not a database; move .*mlflow\.db away, then"
    ):
        Tracker(sqlite_url(file), "demo").put(ENTRIES[0])
    file.unlink()
    file.mkdir()
    with pytest.raises(TrackingError, match="a folder, and no database; move it away"):
        Tracker(sqlite_url(file), "demo").put(ENTRIES[0])


def test_where_none_can_be_made_mlflow_is_not_left_to_try(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="unable to open database file; check its permissions"):
        settle(Path("/proc/self/mlflow.db"))
    deep = tmp_path.joinpath(*["x" * 120] * 5)
    with pytest.raises(DatabaseError, match="its path is too long for SQLite, which takes 500"):
        settle(deep / "mlflow.db")


def test_a_database_of_another_mlflow_is_told_with_what_to_do(copy: Path) -> None:
    with closing(sqlite3.connect(copy / "mlflow.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    with pytest.raises(TrackingError, match=r"of another version of MLflow: move .* away"):
        Tracker(sqlite_url(copy / "mlflow.db"), "demo").put(ENTRIES[0])


def test_a_locked_database_is_told(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.tracking.database.LOCK_PATIENCE", 0.05)
    with closing(sqlite3.connect(copy / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseError, match="another process is writing to it: try again"):
            settle(copy / "mlflow.db")


@pytest.mark.parametrize("target", ["/a/disk/that/is/not/there/mlflow.db", "mlflow.db"])
def test_a_broken_link_is_refused_at_once(target: str, tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.symlink_to(target)
    with pytest.raises(DatabaseError, match="a broken link, and no database; move it away"):
        settle(file)
    with only_writer(LocalStorage(tmp_path), sqlite_url(file)) as alone:
        assert alone
