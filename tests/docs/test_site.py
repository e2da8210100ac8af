"""The site is built without a remark, its links lead somewhere, and it loads only itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import methods.registry
from orchestrator.cli.main import app
from orchestrator.spec.spec import Spec
from tests.docs.pages import DOCS, ROOT

LOADED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src")}
"""What a browser fetches by itself."""
LINKS = {"canonical", "next", "prev"}
"""Relations of `link` that fetch nothing."""
_IN_CSS = re.compile(r"url\((?!['\"]?(?:data:|#))['\"]?([^)'\"]+)|@import\s+['\"]([^'\"]+)")


class Found(HTMLParser):
    """What a page has: anchors, links, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.text = text
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors.update(filter(None, (given.get("id"), given.get("name"))))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        for name, value in given.items():
            if (tag, name) in LOADED and value and given.get("rel") not in LINKS:
                self.loaded.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    surroundings = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Found]:
    return {path: Found(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_all_links_lead_somewhere(pages: dict[Path, Found]) -> None:
    broken = []
    for path, page in pages.items():
        if path.name == "404.html":
            continue  # its links start at the server's root
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in {"https", "http", "mailto"}, link
                assert parts.netloc or parts.scheme == "mailto", link
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                broken.append(f"{path.name}: {link}")
            elif parts.fragment and target in pages:
                anchor = unquote(parts.fragment)
                if anchor not in pages[target].anchors and not anchor.startswith("__"):
                    broken.append(f"{path.name}: {link}")
    assert not broken


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Found]) -> None:
    loaded = {one for page in pages.values() for one in page.loaded}
    assert loaded
    assert not [
        one for one in loaded if urlsplit(one).scheme not in ("", "data") or one.startswith("//")
    ]
    # Of these the theme's script would fetch more.
    assert not [one for one in pages.values() if 'class="mermaid"' in one.text]
    for path in site.rglob("*.css"):
        named = [a or b for a, b in _IN_CSS.findall(path.read_text(encoding="utf-8"))]
        assert not [one for one in named if urlsplit(one).scheme or one.startswith("//")]


def test_hooks_are_no_part_of_the_site(site: Path) -> None:
    assert (DOCS / "hooks").is_dir()
    assert not list(site.rglob("*.py"))


def text_of(page: Found) -> str:
    return re.sub(r"<[^>]+>", "", page.text)


def test_the_reference_is_whole(site: Path, pages: dict[Path, Found]) -> None:
    reference = site / "reference"
    commands = text_of(pages[reference / "commands.html"])
    for verb in app.registered_commands:
        assert verb.callback is not None
        assert f"querycurve {verb.callback.__name__}" in commands
    assert "--max-cost AMOUNT" in commands
    spec = text_of(pages[reference / "spec.html"])
    fields = {*Spec.model_fields} - {"own_datasets"}
    assert not [field for field in fields if field not in spec]
    listed = text_of(pages[reference / "methods.html"])
    assert not [name for name in methods.registry.method_names() if name not in listed]


def test_meanings_and_defaults_are_those_of_the_code(site: Path, pages: dict[Path, Found]) -> None:
    spec = pages[site / "reference" / "spec.html"].text
    row = next(row for row in spec.split("<tr>") if "<code>budget</code>" in row)
    assert "a whole number, at least 1" in row
    assert "<code>5000</code>" in row
    assert "queries that each trial may spend." in row
    assert "<!-- " not in spec
