"""What is printed on terminals of odd encodings and widths."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from orchestrator.console import hushed, say, warn_beside_progress

SCRIPT = """
from orchestrator.console import output, plain_table, print_anything, say
print_anything()
say("größer ± 5 [red]\\udcff")
table = plain_table("dataset")
table.add_row("dots")
output.print(table)
"""


def printed(**environment: str) -> bytes:
    command = [sys.executable, "-c", SCRIPT]
    given = {**os.environ, **environment}
    return subprocess.run(command, env=given, capture_output=True, check=True).stdout


def test_letters_that_an_encoding_lacks_are_printed_as_question_marks() -> None:
    assert b"gr??er ? 5 [red]?" in printed(PYTHONIOENCODING="ascii")
    assert "größer ± 5 [red]?".encode() in printed(PYTHONIOENCODING="utf-8")


def test_what_must_be_said_is_said_where_others_are_hushed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with hushed():
        say("on the way")
        with hushed(on=False):
            say("failed")
        say("on the way")
    say("in the end")
    assert capsys.readouterr().out.splitlines() == ["failed", "in the end"]


def test_warnings_are_heard_where_progress_is_hushed(capsys: pytest.CaptureFixture[str]) -> None:
    warn_beside_progress("beside bars")
    with hushed():
        warn_beside_progress("without them")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("beside bars\n", "without them\n")


@pytest.mark.parametrize("columns", ["0", "1", "-5", "x", "9" * 30])
def test_tables_are_printed_whatever_the_width(columns: str) -> None:
    assert b"dots" in printed(COLUMNS=columns)
