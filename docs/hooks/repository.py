"""Shows pages of the repository that lie outside docs/, and mends links that lead out of it.

So CONTRIBUTING.md and others stay where people look for them, with links that work there, and are
part of the site as well. A link to a file that the site doesn't have becomes plain text.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = "docs/"
SHOWN = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "benchmarks/pocket/README.md": "reference/pocket.md",
    "benchmarks/reference/README.md": "reference/published.md",
    "clusters/README.md": "guides/clusters.md",
    "orchestrator/server/openapi.json": "reference/openapi.json",
}
"""Places in the site by paths in the repository."""

_FENCE = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(!?)\[((?:[^\]\[]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the files outside docs/."""
    for path, place in SHOWN.items():
        content = (ROOT / path).read_text(encoding="utf-8")
        files.append(File.generated(config, place, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Mends the links of a page, but none in blocks of code."""
    place = page.file.src_uri
    parts = _FENCE.split(markdown)
    parts[::2] = [_LINK.sub(lambda link: _mended(link, place), part) for part in parts[::2]]
    return "".join(parts)


def _mended(link: re.Match[str], place: str) -> str:
    image, text, target = link.groups()
    path, hash_, anchor = target.partition("#")
    if not path or ":" in path:
        return link.group()
    known = posixpath.normpath(posixpath.join(posixpath.dirname(_in_repository(place)), path))
    if known.startswith(DOCS) and known not in SHOWN:
        found = known.removeprefix(DOCS)
    elif known in SHOWN:
        found = SHOWN[known]
    elif (ROOT / known).exists() and not image:
        return text
    else:
        return link.group()  # which mkdocs complains about, if it leads nowhere
    return f"{image}[{text}]({posixpath.relpath(found, posixpath.dirname(place))}{hash_}{anchor})"


def _in_repository(place: str) -> str:
    """Where a page of the site lies in the repository."""
    return next((path for path, shown in SHOWN.items() if shown == place), DOCS + place)
