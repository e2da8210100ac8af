"""The verb `report` of several specs: what they mean, and what one that is broken costs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from orchestrator.cli.site import Asked, asked_of
from orchestrator.errors import UserError
from tests.orchestrator.cli.verbs import Said, fill, querycurve, write_spec


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    fill(folder / "store", write_spec(folder, datasets=["pocket_dots"]))
    return folder


@pytest.fixture(scope="module")
def said(folder: Path) -> Said:
    """Of three, one has no store."""
    spec, store = folder / "small.yaml", folder / "store"
    (folder / "link").symlink_to(store)
    return querycurve(
        "report", spec, f"{spec}@{folder}/link", f"{spec}@{folder}/none", "--store", store,
        "--to", folder / "out",
    )  # fmt: skip


def test_what_works_is_written_and_the_rest_is_said(folder: Path, said: Said) -> None:
    assert said.code == 1
    assert said.err.startswith(f"left out: {folder}/small.yaml@{folder}/none: there is no store at")
    assert "Traceback" not in said.out + said.err
    assert said.out.splitlines()[-2:] == [
        f"leaderboard: {folder / 'out' / 'leaderboard.csv'}",
        f"site: {folder / 'out' / 'index.html'}",
    ]
    found = sorted(path.name for path in (folder / "out").iterdir())
    assert found == ["index.html", "leaderboard.csv", "small", "small-2"]
    assert "there is no store at" in (folder / "out" / "index.html").read_text()


def test_equal_results_of_two_stores_appear_once(folder: Path, said: Said) -> None:
    with (folder / "out" / "leaderboard.csv").open(encoding="utf-8") as file:
        rows = [(row["rank"], row["method"], row["shown"], row["experiments"]) for row in
                csv.DictReader(file)]  # fmt: skip
    assert rows == [
        ("1", "zip", "61.5 ± 6.4", "small;small-2"),
        ("2", "bar", "51.5 ± 6.4", "small;small-2"),
        ("3", "zero_shot", "40.0", "small;small-2"),
    ]


def test_one_spec_is_a_site_too_and_a_store_may_be_named_without_one(
    folder: Path, tmp_path: Path
) -> None:
    named = f"{folder / 'small.yaml'}@{folder / 'store'}"
    done = querycurve("report", named, "--to", tmp_path / "one")
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "one" / "small" / "report.html").is_file()
    alone = querycurve("report", named, "--out", tmp_path / "alone")
    assert alone.out.splitlines()[-1] == f"report: {tmp_path / 'alone' / 'report.html'}"


def test_when_none_works_nothing_is_written(tmp_path: Path) -> None:
    done = querycurve("report", f"demo@{tmp_path}/a", "nonsense", "--to", tmp_path / "out")
    assert done.code == 2
    assert done.err.count("left out: ") == 2
    assert done.err.endswith("error: there is nothing to report, so no site was written.\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["demo", "few_shot"], "2 specs are written as a site: say where, such as --to site/."),
        (["demo", "--to", "a", "--out", "b"], "give one of them"),
        (["demo", "demo@results", "--to", "a"], "demo@results is given twice"),
        (["demo@", "--to", "a"], "expected a spec, or SPEC@STORE"),
        (["demo", "--to", "s3://bucket/site"], "--to: s3:"),
        (["demo", "--to", "."], "is no earlier site"),
    ],
)
def test_what_does_not_go_together_is_refused_first(
    arguments: list[str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.txt").write_text("")
    monkeypatch.chdir(tmp_path)
    done = querycurve("report", *arguments)
    assert (done.code, done.out) == (2, "")
    assert reason in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_spec_ends_at_the_first_at_or_where_its_file_does(tmp_path: Path) -> None:
    assert asked_of("demo", "results") == Asked("demo", "demo", "results")
    assert asked_of("demo@s3://b/x@y", "results").store == "s3://b/x@y"
    file = tmp_path / "me@home.yaml"
    file.write_text("")
    assert asked_of(str(file), "results").spec == str(file)
    both = asked_of(f"{file}@store", "results")
    assert (both.spec, both.store) == (str(file), "store")
    with pytest.raises(UserError, match="a spec before the @"):
        asked_of("@store", "results")


def test_a_store_that_cannot_be_read_costs_no_traceback(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/locked")

    monkeypatch.setattr("orchestrator.cli.site.open_work_to_read", refused)
    done = querycurve("report", "demo", "few_shot", "--to", tmp_path / "out")
    assert done.code == 2
    assert "left out: demo: It can't be read: Permission denied (/locked)." in done.err
