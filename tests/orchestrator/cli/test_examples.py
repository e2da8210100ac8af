"""The examples below each verb's help."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from orchestrator.cli.examples import EXAMPLES, words_of
from orchestrator.cli.main import app
from tests.orchestrator.cli.verbs import querycurve


@pytest.mark.parametrize("example", sorted({one for some in EXAMPLES.values() for one in some}))
def test_an_example_is_what_its_verb_takes(example: str) -> None:
    command: Any = typer.main.get_command(app)
    words = words_of(example)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    if "--help" not in words:
        command.make_context(command.name, words)  # refuses unknown options and missing arguments


@pytest.mark.parametrize("verb", EXAMPLES)
def test_the_help_shows_them_line_by_line(verb: str) -> None:
    lines = [line.strip() for line in querycurve(*verb.split(), "--help").out.splitlines()]
    for example in EXAMPLES[verb]:
        assert example in lines
        assert len(example) < 76, "it fits into 80 columns"
