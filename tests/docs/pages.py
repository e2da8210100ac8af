"""The pages of the documentation, and the blocks of code in them.

Conventions, which `docs/` keeps:

- a block with `title="FILE"` is a file that the reader saves in the working folder;
- a `bash` block of a tutorial is typed there, line by line, in the order of the page;
- a comment `<!-- not run: WHY -->` above a block leaves it to the reader alone: its commands must
  exist, but no test runs them;
- a comment `<!-- later: WHY -->` above a block leaves it out of all tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md"))
OUTSIDE = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "clusters/README.md")]
"""Pages of the site that lie elsewhere."""

_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>not run|later): [^\n]* -->\n)?"
    r"```(?P<kind>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        kind: the language, such as `bash`.
        title: name of the file that it is; empty for others.
        text: what is in it.
        mark: `not run` or `later`, if a comment above says so; empty for others.
    """

    kind: str
    title: str
    text: str
    mark: str

    @property
    def lines(self) -> list[str]:
        """Lines to type."""
        return [line for line in self.text.splitlines() if line and not line.startswith("#")]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order, but for those that are for later."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        block = Block(found["kind"], found["title"] or "", found["text"], found["mark"] or "")
        if block.mark != "later":
            yield block


def name_of(page: Path) -> str:
    """A page's name in the names of tests."""
    return str(page.relative_to(ROOT))
