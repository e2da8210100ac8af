"""The reference of the command line, made of the commands themselves when the site is built.

`<!-- every command -->` becomes a section for each verb with its arguments and options.
"""

import re
from collections.abc import Iterator
from typing import Any

import typer.main

from orchestrator.cli.main import app

_SPECS = re.compile(r"a ready spec: .*?\.$")
_MARK = "<!-- every command -->"
_ALWAYS = frozenset({"help", "install_completion", "show_completion"})


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Puts the commands where a page asks for them."""
    if _MARK not in markdown:
        return markdown
    return markdown.replace(_MARK, "\n".join(_command(typer.main.get_command(app), "querycurve")))


def _command(command: Any, name: str) -> Iterator[str]:
    """The sections of a command, or of all commands of a group."""
    if hasattr(command, "commands"):
        for verb, one in command.commands.items():
            if not one.hidden:
                yield from _command(one, f"{name} {verb}")
        return
    arguments = [_argument(one) for one in command.params if _fixed(one)]
    usage = " ".join([name, "[OPTIONS]", *arguments])
    yield f"## `{name}`\n\n{command.help or ''}\n\n```text\n{usage}\n```\n"
    shown = [one for one in command.params if one.name not in _ALWAYS and not _hidden(one)]
    if shown:
        yield "| | meaning | default |\n|---|---|---|"
        yield from map(_row, shown)
        yield ""


def _fixed(parameter: Any) -> bool:
    """Whether it is an argument, not an option."""
    return not parameter.opts[0].startswith("-")


def _hidden(parameter: Any) -> bool:
    return bool(getattr(parameter, "hidden", False))


def _argument(parameter: Any) -> str:
    shown = str(parameter.metavar or parameter.name.upper())
    if parameter.required or shown.startswith("["):
        return shown
    return f"[{shown}]"


def _row(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    if _fixed(parameter):
        names = f"`{_argument(parameter)}`"
    elif not parameter.is_flag:
        names = names.replace("`", "", 1).join(["`", ""]) if "," not in names else names
        names = f"{names[:-1]} {_takes(parameter)}`"
    help_ = _SPECS.sub("[a ready spec](specs.md).", str(getattr(parameter, "help", "") or ""))
    variable = f" Environment variable: `{parameter.envvar}`." if parameter.envvar else ""
    return f"| {names} | {_cell(help_ + variable)} | {_cell(_default(parameter))} |"


def _takes(parameter: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar).replace("|", "\\|")
    kind = getattr(parameter.type_descriptor, "annotation", str)
    return {int: "NUMBER", float: "NUMBER"}.get(kind, "TEXT")


def _default(parameter: Any) -> str:
    said = parameter.show_default
    if isinstance(said, str):
        return said
    value = parameter.default
    if value is None or value is False or not said:
        return "*required*" if parameter.required else ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
