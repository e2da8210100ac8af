"""One JSON object on stdout, and nothing else there."""

from __future__ import annotations

import json

import pytest

from orchestrator.cli.as_json.printed import notes_aside, print_object
from orchestrator.console import say


def test_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with notes_aside():
        say("a note")
    print_object("thing", {"name": "ä"})
    out, err = capsys.readouterr()
    assert err == "a note\n"
    assert json.loads(out) == {"kind": "thing", "version": 1, "name": "ä"}
    say("an answer")
    assert capsys.readouterr().out == "an answer\n"


def test_numbers_that_json_has_not_are_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_object("thing", {"numbers": [1.5, float("nan"), {"far": float("inf")}]})
    assert json.loads(capsys.readouterr().out)["numbers"] == [1.5, None, {"far": None}]
