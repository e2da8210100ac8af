"""`export` on the command line: what is typed, what is printed, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import querycurve as qc
from tests.orchestrator.cli.verbs import querycurve, write_spec
from tests.orchestrator.trial.test_worker import Bench


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a cell of zero_shot and one of zip."""
    folder = tmp_path_factory.mktemp("store")
    bench = Bench(folder, "budget=20", "evaluation.points=1")
    bench.run("zip")
    bench.run("zero_shot")
    return folder


def test_a_cell_is_exported_by_words(store: Path, tmp_path: Path) -> None:
    words = ("zip", "pocket_dots", "seed", "1")
    said = querycurve("export", *words, "--store", store, "--to", tmp_path / "a")
    assert said.code == 0
    prompt = qc.load_prompt(tmp_path / "a")
    assert f"exported zip on pocket_dots: {prompt.accuracy:.2f} % of 400 test images" in said.out
    assert "context (1, 8, 128)" in said.out
    assert f"querycurve.load_prompt('{tmp_path}/a').predict(images)" in said.out


def test_a_cell_is_exported_by_its_key_and_by_the_label_of_a_spec(
    store: Path, tmp_path: Path
) -> None:
    changes = {"evaluation": {"points": 1}, "budget": 20, "batch_size": 128, "seeds": [1]}
    methods = [{"name": "zip", "label": "mine"}, "zero_shot"]
    spec = write_spec(tmp_path, **changes, methods=methods, datasets=["pocket_dots"])
    found = ("--spec", spec, "--store", store, "--to", tmp_path / "a")
    assert querycurve("export", "mine", *found).code == 0
    key = qc.load_prompt(tmp_path / "a").record.key
    assert querycurve("export", key[:20], "--store", store, "--to", tmp_path / "b").code == 0
    assert qc.load_prompt(tmp_path / "b").record.key == key
    said = querycurve("export", "zip", *found)
    assert said.code == 2
    assert "Did you mean:" in said.err or "named by its key" in said.err
    assert "pocket_dots / mine" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("zap", "pocket_dots"), "no cell 'zap pocket_dots'. Did you mean:"),
        (("pocket_dots",), "'pocket_dots' names 2 cells"),
        (("zip", "--set", "budget=5"), "give --spec with it"),
        (("zip", "--backbone", "poket"), "unknown backbone 'poket'"),
        (("zip", "--store", "/nowhere"), "there is no store at /nowhere"),
        (("zip", "--spec", "/nowhere.yaml"), "no spec '/nowhere.yaml'"),
        (("zip", "--to", "s3://bucket/prompt"), "copy the folder"),
    ],
)
def test_mistakes_end_with_a_sentence(
    words: tuple[str, ...], told: str, store: Path, tmp_path: Path
) -> None:
    said = querycurve("export", "--store", store, "--to", tmp_path / "a", *words)
    assert said.code == 2
    assert told in said.err
    assert not (tmp_path / "a").exists()


def test_a_folder_of_other_things_is_refused_first(store: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    said = querycurve("export", "nothing", "--store", store, "--to", tmp_path)
    assert said.code == 2
    assert "holds other things, such as 'mine.txt'" in said.err
    said = querycurve("export", "zip", "--store", store, "--to", tmp_path / "mine.txt")
    assert "is a file" in said.err
