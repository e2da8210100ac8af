"""Text files are read as people save them, and a file that is no text is told by what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.texts import NoText, read_json, read_lines, read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_at_the_beginning_are_no_text(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("caf\u00e9\r\n\r\n tench \n", encoding=encoding)
    assert read_lines(file, "toy") == ["caf\u00e9", "tench"]
    file.write_text('{"a": ["caf\u00e9"]}', encoding=encoding)
    assert read_json(file, "toy") == {"a": ["caf\u00e9"]}


def test_the_line_that_is_not_in_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"owl\ncaf\xe9\n")
    with pytest.raises(NoText, match=r"^line 2 is not in UTF-8 \(.*\)\. Save it as UTF-8 text$"):
        read_text(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "run `git lfs pull`"),
        (b"\n<!DOCTYPE html>\n<html>", "it is a web page"),
        (b"PK\x03\x04\xff\xff", "it is a ZIP archive"),
        (b"\x1f\x8b\xff\xff", "it is a gzip archive"),
        (b"\x89PNG\r\n\x1a\n\xff", "it is a PNG image"),
        (b"", "it is empty"),
        (b"[" * 100_000, "too deep to read"),
        (b"[1, 2", "line 1 column 6"),
        (b"[1, 2]", "must hold a mapping, got a list"),
    ],
)
def test_what_is_no_json_is_told_by_what_it_is(data: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "split.json").write_bytes(data)
    with pytest.raises(DatasetError) as refused:
        read_json(tmp_path / "split.json", "toy")
    assert told in str(refused.value)
    assert str(refused.value).startswith(f"dataset toy: {tmp_path / 'split.json'} ")
    assert str(refused.value).endswith("Download it again.")


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.txt as text in UTF-8: no such file or directory\."):
        read_lines(tmp_path / "a.txt", "toy")
