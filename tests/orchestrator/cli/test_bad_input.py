"""Mistakes of the user: one message that says what to do, exit code 2, and nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.orchestrator.cli.verbs import Said, querycurve, write_spec

VERBS = ("plan", "run", "status", "report", "track")


def assert_refused(said: Said, message: str) -> None:
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert message in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("datasets=[pocket_dot]", "unknown dataset 'pocket_dot'. Did you mean: pocket_dots"),
        ("methods=[zipp]", "unknown method 'zipp'. Did you mean: zip"),
        ("budgets=3", "unknown field 'budgets'. Did you mean: budget"),
        ("methods=[{name: zip, clipp: 1}]", "Did you mean: clip"),
        ("budget=0", "expected a number of 1 or more, got 0"),
        ("budget=many", "expected a whole number, got 'many'"),
        ("budget=3", "below one step of zip, which costs 10 queries"),
        ("shots=[]", "needs at least one value"),
        ("seeds=[1, 1]", "value 1 is given twice"),
        ("methods=[]", "give at least one method"),
        ("methods=[zip, zip]", "give each method a `label` of its own"),
        ("backbone=VIT", "unknown backbone 'VIT'"),
        ("protocol=fewshot", "Did you mean: few_shot"),
        ("report.reference=zipp", "Did you mean: zip"),
        ("report={target_gain: 5, target_accuracy: 50}", "not both"),
        ("budget", "expected field=value, such as budget=500"),
        ("methods=[zip", "is not YAML"),
        ("methods.9.clip=1", "expected"),
    ],
)
def test_a_wrong_spec_is_refused_by_run_before_anything_is_written(
    change: str, message: str, tmp_path: Path
) -> None:
    spec, store = write_spec(tmp_path), tmp_path / "store"
    assert_refused(querycurve("run", spec, "--store", store, "--set", change), message)
    assert not store.exists()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_refuses_a_wrong_spec_alike(verb: str, tmp_path: Path) -> None:
    spec, store = write_spec(tmp_path, datasets=["pocket_dot"]), tmp_path / "store"
    said = querycurve(verb, spec, "--store", store)
    assert_refused(said, f"{spec} is not a valid spec:\n  ")
    assert "Did you mean: pocket_dots" in said.err
    assert not store.exists()


@pytest.mark.parametrize("verb", VERBS)
def test_a_spec_that_is_not_there_is_named_with_the_nearest_ready_one(verb: str) -> None:
    assert_refused(querycurve(verb, "dem"), "no spec 'dem'. Give a YAML file or a ready spec. Did")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name: [", "is not readable YAML"),
        ("- a\n- b\n", "must hold a mapping of fields, such as `budget: 500`, got a list"),
        ("", "must hold a mapping of fields"),
        ("name: x\n\tbudget: 3", "is not readable YAML"),
    ],
)
def test_a_broken_file_is_refused_by_name(content: str, message: str, tmp_path: Path) -> None:
    spec = tmp_path / "broken.yaml"
    spec.write_text(content)
    assert_refused(querycurve("plan", spec), f"{spec} {message}")


def test_all_mistakes_of_a_spec_are_told_at_once(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, budget=0, seeds=[], colour="red")
    said = querycurve("plan", spec)
    assert_refused(said, "unknown field 'colour'")
    assert len(said.err.strip().splitlines()) == 4


def test_a_store_that_cannot_be_written_is_refused_before_ray_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = querycurve("run", write_spec(tmp_path), "--store", tmp_path / "file" / "store")
    assert_refused(said, f"the store {tmp_path / 'file' / 'store'} can't be written")


@pytest.mark.parametrize("verb", VERBS)
def test_a_store_of_an_unknown_kind_is_refused(verb: str, tmp_path: Path) -> None:
    said = querycurve(verb, write_spec(tmp_path), "--store", "ftp://host/store")
    assert_refused(said, "--store: ftp:// is not supported")


@pytest.mark.parametrize("size", ["many", "-1GB", "20", "20 XB", ""])
def test_a_pixel_cache_of_no_size_is_refused_before_anything_is_read(size: str) -> None:
    said = querycurve("run", "demo", "--pixel-cache", size)
    assert_refused(said, "--pixel-cache: expected a size such as 20GB or 500MB, or 0 to keep none")
    assert f"got '{size}'" in said.err


def test_a_spec_of_which_no_dataset_is_there_does_not_run(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, datasets=["dtd"])
    data = ("--data", tmp_path / "none")
    said = querycurve("run", spec, "--store", tmp_path / "store", "--no-tracking", *data)
    assert said.code == 2
    assert "skipped dtd: " in said.out
    assert said.err == ("error: nothing can run: all cells are skipped, for the reasons above.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("plan",), "Missing argument"),
        (("plan", "demo", "--threads", "0"), "greater than or equal to 1"),
        (("run", "demo", "--actors", "none"), "valid integer"),
        (("run", "demo", "--actors", "0"), "greater than or equal to 1"),
        (("run", "demo", "--cpus", "inf"), "less than or equal to 1024"),
        (("run", "demo", "--cpus", "nan"), "Invalid value for '--cpus'"),
        (("run", "demo", "--checkpoint-seconds", "nan"), "greater than or equal to 0"),
        (("run", "demo", "--patience", "-1"), "greater than or equal to 0"),
        (("run", "demo", "--trials-per-gpu", "20000"), "less than or equal to 10000"),
        (("ui", "--port", "99999"), "less than or equal to 65535"),
        (("ui", "--port", "0"), "greater than or equal to 1"),
        (("rum", "demo"), "Did you mean 'run'?"),
        (("pla", "demo"), "No such command"),
        (("plan", "demo", "--colour"), "No such option"),
    ],
)
def test_what_cannot_be_typed_is_refused_with_the_usage(
    arguments: tuple[str, ...], message: str
) -> None:
    said = querycurve(*arguments)
    assert said.code == 2
    assert message in said.err
    assert "Usage: " in said.err
    assert "Traceback" not in said.err


def test_nothing_to_look_at_is_said_before_mlflow_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("MLflow was started"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    said = querycurve("ui", "--store", tmp_path)
    assert_refused(said, f"nothing was tracked in {tmp_path / 'mlflow.db'} yet")


def test_a_variable_of_the_environment_that_is_no_number_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUERYCURVE_ACTORS", "many")
    said = querycurve("run", "demo")
    assert said.code == 2
    assert "QUERYCURVE_ACTORS" in said.err
    assert "Traceback" not in said.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_output_to_a_full_disk_ends_in_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "run_benchmark.py", "plan", "demo", "--store", str(tmp_path)]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 2
    assert ended.stderr == b"error: the output can't be written: No space left on device.\n"
