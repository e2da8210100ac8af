"""Files of specs: which are read, and what is said of the others."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from methods.registry import method_names
from orchestrator.errors import UserError
from orchestrator.spec.load import LARGEST, load_spec
from orchestrator.spec.method import MethodSpec
from orchestrator.spec.search import SearchSpec
from orchestrator.spec.spec import ReportSpec, Spec

MINIMAL = "name: mine\ndatasets: [pocket_dots]\nmethods: [zip]\nbackbone: pocket\n"


def refusal(path: Path | str) -> str:
    with pytest.raises(UserError) as error:
        load_spec(str(path))
    return str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom"])
def test_encodings_that_say_what_they_are_are_read(encoding: str, tmp_path: Path) -> None:
    text = MINIMAL.replace("[zip]", "[{name: zip, label: größer}]")
    mark = b"\xff\xfe" if encoding == "utf-16-le-bom" else b""
    path = tmp_path / "spec.yaml"
    path.write_bytes(mark + text.encode(encoding.removesuffix("-bom")))
    assert load_spec(str(path)).methods[0].label == "größer"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n", "is not readable YAML: byte 1 is no UTF-8."),
        (b"label: gr\xf6\xdfer", "is not readable YAML: byte 10 is no UTF-8."),
        (b"\xff\xfeq", "is not readable YAML: byte "),
        (b"budget: 5\nbudget: 6\n", "'budget' is given twice, in lines 1 and 2."),
        (b"", "must hold a mapping of fields, such as `budget: 500`, got nothing."),
        (b"# all commented\n", "got nothing."),
        (b"- a\n", "got a list."),
        (b"5", "got a single value."),
        (b"name:x\nbudget:5\n", "got a single value. Put a blank after each colon."),
        (b"#" * (LARGEST + 1), "is no spec: it is larger than 1,024 KiB."),
    ],
)
def test_a_file_that_is_no_spec_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(content)
    said = refusal(path)
    assert said.startswith(str(path))
    assert message in said
    assert said.isprintable()


def test_a_folder_is_told_from_a_spec_and_its_specs_are_named(tmp_path: Path) -> None:
    assert f"{tmp_path} is a folder." in refusal(tmp_path)
    (tmp_path / "mine.yml").write_text(MINIMAL)
    assert "such as in it: mine.yml" in refusal(tmp_path)


def test_a_misspelt_file_is_named_with_those_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(MINIMAL)
    assert f"Did you mean: {tmp_path / 'mine.yml'}?" in refusal(tmp_path / "mine.yaml")
    assert "Did you mean: few_shot" in refusal(tmp_path / "few_shot.yaml")


def test_a_file_beside_the_user_is_suggested_before_ready_specs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demos.yaml").write_text(MINIMAL)
    monkeypatch.chdir(tmp_path)
    assert "Did you mean: demos.yaml, demo" in refusal("demoss.yaml")
    assert "Files there: demos.yaml. Ready specs: ablation_answers," in refusal("xyzzyq")


@pytest.mark.parametrize("ending", ["yaml", "yml"])
def test_a_files_ending_may_be_left_out(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"my.spec.{ending}").write_text(MINIMAL)
    monkeypatch.chdir(tmp_path)
    assert load_spec("my.spec").name == "mine"


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("methods.zip.clip=x", "methods.zip.clip: expected 'none' or 'sqrt_dim' or a number"),
        ("methods.0.rank=x", "methods.0.rank: expected a whole number, got 'x'"),
        ("methods.zip.rankk=1", "methods.zip.rankk: unknown field 'rankk'. Did you mean: rank?"),
        ("methods.zip.batch_size=0", "methods.zip.batch_size: expected a number of 1 or more"),
        ("methods.zip.answers.top=x", "methods.zip.answers.top: expected a whole number"),
        ("methods.zip=zipp", "methods.zip: unknown method 'zipp'"),
        ("seeds=1 2", "seeds: expected a list, such as [1, 2], got '1 2'"),
        ("seeds=first", "seeds: expected a list, such as [1, 2, 3], got 'first'"),
        ("seeds=5e0", "seeds: expected a list, such as [5], got 5.0"),
        ("budget=5.5", "budget: expected a whole number, got 5.5"),
    ],
)
def test_a_field_is_named_as_it_was_typed(override: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL)
    with pytest.raises(UserError) as error:
        load_spec(str(path), [override])
    assert str(error.value).splitlines()[1].strip().startswith(problem)


def test_whole_numbers_may_be_written_with_an_exponent(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{MINIMAL}budget: 5e2\nseeds: [1e0]\n")
    spec = load_spec(str(path), ["methods.zip.rank=2e0"])
    assert (spec.budget, spec.seeds, spec.methods[0].settings["rank"]) == (500, (1,), 2)


def test_names_that_no_file_can_have_are_refused(tmp_path: Path) -> None:
    said = refusal("x" * 5000)
    assert "File name too long" in said
    assert len(said) < 200


def test_a_file_without_permission_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(MINIMAL)

    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root, as whom tests may run, reads any file
    assert refusal(path) == f"{path} can't be read: Permission denied."


FIELDS = st.sampled_from(
    sorted({*Spec.model_fields, *ReportSpec.model_fields, *SearchSpec.model_fields})
    + sorted({*MethodSpec.model_fields, "vary", "base", "uniform", "int", "choice", "rank", "clip"})
)
WORDS = st.sampled_from([*method_names(), "pocket", "pocket_dots", "few_shot", "none", "grid", ""])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 20), st.integers(), st.floats(), WORDS, st.text()
)
TREES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4)
)


@settings(suppress_health_check=list(HealthCheck), max_examples=150)
@given(st.dictionaries(FIELDS, TREES, max_size=6))
def test_any_document_is_a_spec_or_is_refused_in_sentences(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(MINIMAL), **changes}), encoding="utf-8")
    try:
        load_spec(str(path))
    except UserError as error:
        lines = str(error).splitlines()
        assert len(lines) < 20
        assert all(len(line) < 600 and line.isprintable() for line in lines)
        assert "Input should" not in str(error)
