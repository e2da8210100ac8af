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
        ("gone.txt", None, "'gone.txt' can't be read: No such file.*Give the path of a text file"),
        ("", None, "'' can't be read: Is a directory.*Give the path"),
        ("a\0b", None, "can't be read: embedded null byte.*Give the path"),
        ("a " * 500, None, "can't be read: File name too long.*Give the path"),
        ("~nobody_of_this_name/a.txt", None, "can't be read: .*Give the path"),
        ("lines.txt", "one {}\n\n a photo\n", r"lines.txt, line 3: .* one \{\}.* got 'a photo'"),
        ("lines.txt", "{} and {}", r"line 1: .* one \{\} for the class name"),
        ("lines.txt", "x" * 10_000, r"line 1: .{1,180}$"),
        ("lines.jsonl", '"a photo"', "line 1: a template is one line"),
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


def test_a_file_of_another_encoding_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("one {}", encoding="utf-16")
    with pytest.raises(UserError, match=r"not text in UTF-8\. Save it"):
        read_proposals("lines.txt", tmp_path)


def test_lines_may_end_as_windows_ends_them(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_bytes(b"\xef\xbb\xbfone {}\r\ntwo {}\r\n")
    assert read_proposals("lines.txt", tmp_path) == ["one {}", "two {}"]


def test_files_in_the_base_of_an_ablation_and_in_what_it_varies(tmp_path: Path) -> None:
    spec = written(tmp_path, "one {}\n")
    written(tmp_path, "two {}\nthree {}\n", "more.txt")
    section = (
        "ablation: {base: {name: template_search, proposals: lines.txt},"
        " vary: {proposals: [more.txt, ['four {}']]}}\n"
    )
    spec.write_text(spec.read_text().split("methods:")[0] + section + "backbone: pocket\n")
    ablation = load_spec(str(spec)).ablation
    assert ablation is not None
    assert ablation.base[0].settings["proposals"] == ["one {}"]
    assert ablation.vary["proposals"] == (["two {}", "three {}"], ["four {}"])


@pytest.mark.parametrize("value", ["7", "{a: b}", "true"])
def test_what_is_neither_path_nor_list_is_told_both(tmp_path: Path, value: str) -> None:
    override = f"methods.1.proposals={value}"
    with pytest.raises(UserError, match=r"expected the path of a file .* or a list such as"):
        load_spec(str(written(tmp_path, "one {}")), [override])


def test_a_line_without_a_place_for_the_class_name_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"one \{\} for the class name, but got 'a photo'"):
        load_spec(str(written(tmp_path, "one {}\na photo\n")))
