"""Lists that follow from files: the ready specs, and the columns of a trace.

`<!-- ready specs -->` and `<!-- columns of a trace -->` become tables when the site is built.
"""

import inspect
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestrator.spec.ready import SPECS
from orchestrator.store.trace import Point, Trace
from orchestrator.store.trace_file import encode

_SPECS = "<!-- ready specs -->"
_COLUMNS = "<!-- columns of a trace -->"
_RECORD = "<!-- record of a trace -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Puts the lists where a page asks for them."""
    for mark, made in ((_SPECS, _specs), (_COLUMNS, _columns), (_RECORD, _record)):
        if mark in markdown:
            markdown = markdown.replace(mark, made())
    return markdown


def _specs() -> str:
    """Each spec with the comment at its head."""
    parts: list[str] = []
    for path in sorted(SPECS.glob("*.yaml")):
        parts.append(f"## `{path.stem}`\n\n{_head(path)}\n\n```yaml\n{_body(path)}\n```\n")
    return "\n".join(parts)


def _head(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line[1:].strip() for line in lines[: _first(lines)]]
    return " ".join(head)


def _body(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[_first(lines) :])


def _first(lines: list[str]) -> int:
    """Number of the first line that is no comment."""
    return next(i for i, line in enumerate(lines) if not line.startswith("#"))


def _columns() -> str:
    schema = pq.read_schema(pa.BufferReader(encode(Trace("", {}, "finished", ()))))
    meanings = _attributes(Point)
    rows = ["| column | type | meaning |", "|---|---|---|"]
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        rows.append(f"| `{field.name}` | {kind} | {meanings[field.name]} |")
    return "\n".join(rows)


def _record() -> str:
    rows = ["| field | meaning |", "|---|---|"]
    for name, meaning in _attributes(Trace).items():
        if name != "points":
            rows.append(f"| `{name}` | {meaning} |")
    return "\n".join(rows)


def _attributes(kind: type) -> dict[str, str]:
    """What a docstring says under `Attributes:`."""
    _, _, section = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")
    joined = re.sub(r"\n {4,}(?! *\w+: )", " ", inspect.cleandoc(section))
    found = re.findall(r"^(\w+): (.*)$", joined, re.MULTILINE)
    return dict(found)
