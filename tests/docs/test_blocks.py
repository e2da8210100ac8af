"""What pages show can be typed: verbs and options exist, files are there, specs are valid."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from orchestrator.cli.main import app
from orchestrator.spec.load import load_spec
from tests.docs.pages import DOCS, OUTSIDE, PAGES, ROOT, blocks, name_of

VERBS: Any = typer.main.get_command(app)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
OURS = ("querycurve", "run_benchmark.py", "slurm.sh", "slurm_array.sh")
"""Programs of this project, which take its verbs."""
LATER = ()
"""Verbs that pages name before they are there."""
WHOLE = {"name", "datasets", "backbone"}
"""Fields of a spec that is whole; other blocks of YAML are parts of one."""
COMMON = {"name": "part", "datasets": ["pocket_dots"], "methods": ["zip"], "backbone": "pocket"}

_INDENTED = re.compile(
    r"^ {4}(?:\S+/)?((?:querycurve|run_benchmark\.py|make|ray) .+)$", re.MULTILINE
)
_INLINE = re.compile(r"`((?:querycurve|make) [a-z][^`]*)`")


def typed(page: Path) -> list[str]:
    """Lines of a page that are commands."""
    fenced = [line for block in blocks(page) if block.kind == "bash" for line in block.lines]
    return [*fenced, *_INDENTED.findall(page.read_text(encoding="utf-8"))]


def named(page: Path) -> list[str]:
    """Commands that the text of a page names, perhaps without all of their arguments."""
    text = page.read_text(encoding="utf-8").replace("\n", " ")
    return [" ".join(one.split()) for one in _INLINE.findall(text)]


def check(command: str, *, whole: bool = True) -> None:
    """Fails where a command couldn't be typed.

    Args:
        command: the command.
        whole: whether nothing that it needs may be missing.
    """
    program, *words = shlex.split(command, comments=True)
    for word in words:
        if word.startswith("clusters/"):
            assert (ROOT / word).is_file(), word
    if program == "make":
        assert {word for word in words if "=" not in word} <= TARGETS, command
    if program in {"ray", "sbatch"}:
        ours = [place for place, word in enumerate(words) if word.endswith(OURS)]
        if not ours:
            return
        program, *words = words[ours[0] :]
    if program.endswith(OURS):
        words = [word for word in words if word != "--"]
        parse(["run", *words] if program.endswith("_array.sh") else words, whole=whole)


def parse(words: list[str], *, whole: bool) -> None:
    """Parses what stands after the program's name, and does nothing."""
    group, *parts = VERBS, *words
    with VERBS.make_context("querycurve", list(words), resilient_parsing=True) as context:
        while parts and hasattr(group, "commands"):
            verb, *parts = parts
            if verb in {*LATER, "--help"}:
                return
            assert verb in group.commands, f"no verb {verb}"
            group = group.commands[verb]
        group.make_context("verb", parts, parent=context, resilient_parsing=not whole).close()


@pytest.mark.parametrize("page", [*PAGES, *OUTSIDE], ids=name_of)
def test_commands_can_be_typed(page: Path) -> None:
    for command, whole in [*((c, True) for c in typed(page)), *((c, False) for c in named(page))]:
        try:
            check(command, whole=whole)
        except Exception as error:
            raise AssertionError(f"{name_of(page)}: {command}: {error}") from error


def test_an_unknown_option_is_noticed() -> None:
    with pytest.raises(Exception, match="--nonsense"):
        check("querycurve run demo --nonsense")


WITH_SPECS = [*sorted((DOCS / "tutorials").glob("*.md")), DOCS / "guides" / "methods.md"]


@pytest.mark.parametrize("page", WITH_SPECS, ids=name_of)
def test_specs_are_valid(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(page):
        if block.title:  # which a spec may name
            (tmp_path / block.title).write_text(block.text)
        if block.kind == "yaml":
            given = yaml.safe_load(block.text)
            if not given.keys() >= WHOLE:
                given = {**COMMON, **given}
            path = tmp_path / "spec.yaml"
            path.write_text(yaml.safe_dump(given))
            load_spec(str(path))
