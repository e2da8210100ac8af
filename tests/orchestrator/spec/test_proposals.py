"""Files of templates that a spec names."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.spec.load import load_spec, spec_as_yaml
from orchestrator.spec.proposals import read_proposals

SPEC = """
name: mine
protocol: few_shot
datasets: [pocket_dots]
shots: [1]
seeds: [1]
methods:
  - zip
  - {name: template_search, proposals: lines.txt}
  - {name: template_search, label: inline, proposals: ["one {}", "two {}"]}
backbone: pocket
budget: 100
"""


def written(folder: Path, lines: str, name: str = "lines.txt") -> Path:
    (folder / name).write_text(lines, encoding="utf-8")
    (folder / "spec.yaml").write_text(SPEC)
    return folder / "spec.yaml"


def test_the_lines_enter_the_settings_and_so_the_key(tmp_path: Path) -> None:
    spec = load_spec(str(written(tmp_path, "one {}\n\n two {} \none {}\n")))
    _, named, inline = spec.methods
    assert named.settings["proposals"] == ["one {}", "two {}"]
    assert named.choice == inline.choice


def test_a_spec_that_is_written_again_needs_the_file_no_more(tmp_path: Path) -> None:
    spec = load_spec(str(written(tmp_path, "one {}\n")))
    again = tmp_path / "elsewhere" / "again.yaml"
    again.parent.mkdir()
    again.write_text(spec_as_yaml(spec))
    assert load_spec(str(again)) == spec


def test_json_lines(tmp_path: Path) -> None:
    written(tmp_path, '"one {}"\n{"template": "two {}", "score": 3}\n', "lines.jsonl")
    assert read_proposals("lines.jsonl", tmp_path) == ["one {}", "two {}"]


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("gone.txt", None, "'gone.txt' can't be read: No such file"),
        ("lines.txt", "\n \n", "holds no templates"),
        ("lines.jsonl", '{"text": "a {}"}', "line 1: expected a JSON string"),
        ("lines.jsonl", "a {}", "line 1: expected a JSON string"),
    ],
)
def test_files_that_serve_nothing(
    tmp_path: Path, name: str, lines: str | None, message: str
) -> None:
    if lines is not None:
        written(tmp_path, lines, name)
    with pytest.raises(UserError, match=message):
        read_proposals(name, tmp_path)


def test_a_line_without_a_place_for_the_class_name_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"one \{\} for the class name, but got 'a photo'"):
        load_spec(str(written(tmp_path, "one {}\na photo\n")))
