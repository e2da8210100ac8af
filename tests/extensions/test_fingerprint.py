"""Which changes of code are another method's."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from extensions.fingerprint import code_digest
from tests.extensions.own_modules import on_path, write_module


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    on_path(tmp_path, monkeypatch)
    write_module(tmp_path, "fp.__init__", "")
    write_module(tmp_path, "fp.parts", "HALF = 0.5\n")
    write_module(tmp_path, "fp.other", "UNUSED = 1\n")
    write_module(
        tmp_path, "fp.method", "from fp.parts import HALF\n\ndef ask():\n    return HALF\n"
    )
    return tmp_path


def digest() -> str:
    importlib.invalidate_caches()
    importlib.import_module("fp.method")
    code_digest.cache_clear()
    return code_digest("fp.method")


@pytest.mark.parametrize(
    ("module", "text", "same"),
    [
        ("fp.method", "from fp.parts import HALF\n\n\ndef ask():\n    return HALF  # so\n", True),
        ("fp.method", "from .parts import HALF\n\ndef ask():\n    return HALF\n", False),
        ("fp.method", "from fp.parts import HALF\n\ndef ask():\n    return -HALF\n", False),
        ("fp.method", 'from fp.parts import HALF\n\ndef ask():\n    return "# no"\n', False),
        ("fp.parts", "HALF = 0.50001\n", False),
        ("fp.other", "UNUSED = 2\n", True),
    ],
)
def test_code_counts_and_comments_do_not(folder: Path, module: str, text: str, same: bool) -> None:
    before = digest()
    write_module(folder, module, text)
    assert (digest() == before) is same


LINES = "TEXT = '''a\n\n b'''\n"


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("\f\nX = 1\n# a\n", "\f\nX = 1\n# b\n", True),
        ("\f\nX = 1\n# a\n", "\f\nX = 2\n# a\n", False),
        ("X = '\u2028'; Y = 1\n# a\n", "X = '\u2028'; Y = 2\n# a\n", False),
        (LINES, LINES.replace("\n\n", "\n"), False),
        (LINES, LINES.replace("a\n", "a \n"), False),
        (LINES, f"{LINES}\n# more\n\n", True),
        ("X = 1\r\n# a\r\nY = 1", "X = 1\nY = 1\n", True),
    ],
)
def test_a_line_is_what_python_takes_for_one(
    folder: Path, before: str, after: str, same: bool
) -> None:
    write_module(folder, "fp.method", before)
    first = digest()
    write_module(folder, "fp.method", after)
    assert (digest() == first) is same


def test_files_in_other_encodings_and_of_other_languages_count_too(folder: Path) -> None:
    text = "# coding: latin-1\ntry:\n    from fp import old\nexcept SyntaxError:\n    '\xe9'\n"
    write_module(folder, "fp.method", "")
    (folder / "fp" / "method.py").write_bytes(text.encode("latin-1"))
    write_module(folder, "fp.old", "print 'two'\n")
    before = digest()
    write_module(folder, "fp.old", "print 'three'\n")
    assert digest() != before


def test_relative_imports_are_followed(folder: Path) -> None:
    write_module(folder, "fp.method", "def ask():\n    from .parts import HALF\n    return HALF\n")
    before = digest()
    write_module(folder, "fp.parts", "HALF = 1\n")
    assert digest() != before


def test_modules_without_a_package_have_their_neighbours(folder: Path) -> None:
    write_module(folder, "alone", "import beside\nimport json\n")
    write_module(folder, "beside", "X = 1\n")
    importlib.import_module("alone")
    code_digest.cache_clear()
    before = code_digest("alone")
    write_module(folder, "beside", "X = 2\n")
    importlib.import_module("alone")
    code_digest.cache_clear()
    assert code_digest("alone") != before


def test_what_has_no_source_has_no_digest() -> None:
    assert "math" in sys.modules or importlib.import_module("math")
    assert code_digest("math") == ""
