"""Folders of any name are read and written where they say, by every verb."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from orchestrator.store.sqlite_address import sqlite_file
from tests.orchestrator.cli.test_bad_input import assert_refused
from tests.orchestrator.cli.verbs import fill, querycurve, write_spec


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec and a tracked store."""
    folder = tmp_path_factory.mktemp("original")
    spec = write_spec(folder, methods=["zero_shot"])
    fill(folder / "results", spec)
    assert querycurve("track", spec, "--store", folder / "results").code == 0
    return folder


@pytest.fixture
def work(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the present folder and the user's home."""
    folder = Path(shutil.copytree(original, tmp_path / "work"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def artifacts(store: Path) -> set[Path]:
    """Where MLflow's database says that artifacts of cells and of the summary are."""
    having = (
        "SELECT artifact_uri FROM runs JOIN tags USING (run_uuid) WHERE lifecycle_stage = 'active' "
        "AND tags.key = 'kind' AND tags.value IN ('cell', 'summary')"
    )
    with closing(sqlite3.connect(store / "mlflow.db")) as database:
        rows = database.execute(having).fetchall()
    return {Path(unquote(urlsplit(uri).path)) for (uri,) in rows}


@pytest.mark.parametrize("name", ["50%25 what? #1 größe & [x]", "-lead", "../beside/x"])
def test_a_copied_store_is_read_and_tracked_in_its_own_place(name: str, work: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in Path("results").rglob("*")}
    store = Path(shutil.copytree("results", name))
    around = set(work.parent.iterdir()), set(work.iterdir())
    for verb in ("status", "report", "track"):
        said = querycurve(verb, "small.yaml", f"--store={name}")
        assert (said.code, said.err) == (0, "")
    assert (set(work.parent.iterdir()), set(work.iterdir())) == around
    assert {path: path.stat().st_mtime_ns for path in Path("results").rglob("*")} == before
    found = artifacts(store)
    assert len(found) == 3
    assert all(path.resolve().is_relative_to(store.resolve()) and path.is_dir() for path in found)


def test_the_page_of_a_moved_store_shows_what_was_moved(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(os, "execv", lambda _, words: started.extend(words))
    monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", "")
    (work / "results").rename(work / "100%")
    assert querycurve("ui", "--store", "100%", "--port", str(free_port())).code == 0
    assert started[1:4] == ["-m", "mlflow", "ui"]
    assert sqlite_file(os.environ["MLFLOW_BACKEND_STORE_URI"]) == work / "100%" / "mlflow.db"
    found = artifacts(work / "100%")
    assert len(found) == 3
    assert all(path.is_relative_to(work / "100%") and path.is_dir() for path in found)
    assert not (work / "results").exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_in_use_is_told_before_mlflow_starts(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("MLflow was started"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = querycurve("ui", "--store", "results", "--port", str(port))
    assert_refused(said, f"can't serve a page at 127.0.0.1:{port}: Address already in use. Choose")
    assert "--port" in said.err


@pytest.mark.parametrize(
    "words", [("--store=~/results",), ("--store=results", "--out=~/out"), ("--store=~/results/",)]
)
def test_a_tilde_is_the_home_folder_in_every_option(words: tuple[str, ...], work: Path) -> None:
    assert querycurve("report", "~/small.yaml", *words, "--data=~/data").code == 0
    assert not (work / "~").exists()
    assert ((work / "out" / "report.html").is_file()) == ("--out=~/out" in words)


def test_a_tilde_in_a_variable_is_the_home_folder(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUERYCURVE_STORE", "~/results")
    monkeypatch.setenv("QUERYCURVE_DATA", "~/data")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///~/other/mlflow.db")
    shutil.copytree("results", "other")
    assert querycurve("track", "small.yaml").code == 0
    assert all(path.is_relative_to(work / "other") for path in artifacts(work / "other"))
    assert not (work / "~").exists()


@pytest.mark.parametrize("verb", ["plan", "run", "status", "report", "track"])
def test_a_store_that_is_a_file_is_refused(verb: str, work: Path) -> None:
    said = querycurve(verb, "small.yaml", "--store", "small.yaml")
    assert_refused(said, f"--store: {work / 'small.yaml'} is a file: give a folder")


@pytest.mark.parametrize("out", ["s3://bucket/x", "a\nb", "~no-such-user/x"])
def test_a_report_goes_to_folders_only(out: str, work: Path) -> None:
    assert_refused(
        querycurve("report", "small.yaml", "--store", "results", "--out", out), "--out: "
    )


def test_datasets_are_not_prepared_in_a_file(work: Path) -> None:
    said = querycurve("datasets", "prepare", "dtd", "--data", "small.yaml")
    assert_refused(said, f"{work / 'small.yaml'} is a file: give a folder with --data")
    said = querycurve("datasets", "prepare", "dtd", "--data", "small.yaml/x")
    assert said.code == 2
    assert said.err.startswith("error: datasets can't be prepared in")


def test_an_mlflow_that_cannot_be_is_refused_before_a_run(work: Path) -> None:
    said = querycurve("run", "small.yaml", "--store", "new", "--tracking-uri", "ftp://host")
    assert_refused(said, "--tracking-uri: got 'ftp://host', expected a server's http://HOST:PORT")
    assert not (work / "new").exists()
