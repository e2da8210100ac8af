"""The page: whole, self-contained and safe; and in a real browser where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from orchestrator.analysis.report.blocks import FigureBlock, TableBlock
from orchestrator.analysis.report.page import render
from orchestrator.analysis.report.sections import sections_of
from tests.orchestrator.analysis.builders import make_run
from tests.orchestrator.analysis.report.cases import CASES, comparison

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

PROBE = """
<script>
addEventListener("error", (event) => { window.failed = event.message; });
addEventListener("load", () => setTimeout(() => {
  const charts = [...document.querySelectorAll(".chart")];
  const drawn = charts.filter((chart) => chart.querySelector(".main-svg"));
  const wide = document.documentElement.scrollWidth > innerWidth;
  const counts = `${drawn.length}/${charts.length}`;
  const error = window.failed || "none";
  document.body.innerHTML = `<p id="probe">${counts} wide=${wide} error=${error}</p>`;
}, 300));
</script>
"""


class Outline(HTMLParser):
    """Collects what the structure of a page is made of, without its scripts."""

    VOID = frozenset({"meta", "link", "line", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self.captions = self.figures = 0
        self.data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.figures += tag == "figure"
        self.captions += tag == "figcaption"
        if tag == "a":
            self.links.append(str(given["href"]))
        for name in ("src", "href"):
            value = given.get(name) or "#"
            if not value.startswith(("#", "data:")):
                self.outside.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script" and data.startswith("{"):
            self.data = data


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    return parser


@pytest.mark.parametrize("case", CASES)
def test_the_page_is_whole(case: str) -> None:
    sections = sections_of(CASES[case])
    found = outline(render(CASES[case], sections))
    assert found.open == []
    assert found.outside == []
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.links} == {s.anchor for s in sections}
    blocks = [b for s in sections for b in s.blocks if isinstance(b, FigureBlock | TableBlock)]
    assert found.figures == found.captions == len(blocks)
    charts = [
        f"{block.name}-{number}"
        for block in blocks
        if isinstance(block, FigureBlock)
        for number in range(len(block.charts))
    ]
    assert list(json.loads(found.data)) == charts
    assert set(charts) <= set(found.ids)


def test_names_can_break_neither_the_page_nor_its_data() -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    runs = [
        make_run([(0, 30), (10, 40)], dataset=evil, method="zip"),
        replace(make_run([(0, 30), (10, 35)], dataset=evil), method=evil),
    ]
    case = replace(comparison(runs), name=evil)
    page = render(case, sections_of(case))
    assert "<img" not in page.split("<script>", 1)[0]
    found = outline(page)
    assert found.outside == []
    figures = json.loads(found.data)
    assert figures["curves-0"]["layout"]["title"]["text"] == evil


def test_a_class_name_in_an_error_cannot_break_the_page() -> None:
    evil = "<script>fetch('//evil')</script> & <img src=x onerror=alert(1)>"
    run = make_run([(0, 30), (10, 40)])
    broken = replace(
        run.trace, status="failed", points=(), error=f"UserError: class name {evil!r} is too long"
    )
    case = comparison([run], failures=(replace(run, seed=2, trace=broken),))
    page = render(case, sections_of(case))
    assert "is too long" in page
    assert "<img" not in page.split("<script>", 1)[0]
    assert "fetch('//evil')" not in "".join(re.findall(r"<script>(.*?)</script>", page, re.S))
    assert outline(page).outside == []


def test_the_same_results_give_the_same_page() -> None:
    pages = {render(CASES["whole"], sections_of(CASES["whole"])) for _ in range(2)}
    assert len(pages) == 1


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here; structure is tested above")
@pytest.mark.parametrize("case", ["whole", "several shots", "all failed"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_draws_every_figure_without_an_error(
    case: str, width: int, tmp_path: Path
) -> None:
    page = render(CASES[case], sections_of(CASES[case]))
    path = tmp_path / "report.html"
    path.write_text(page.replace("<head>", f"<head>{PROBE}", 1), encoding="utf-8")
    command = [
        str(BROWSER),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--window-size={width},900",
        "--virtual-time-budget=20000",
        "--dump-dom",
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    match = re.search(r'id="probe">(\d+)/(\d+) wide=(\w+) error=(.*?)</p>', done.stdout)
    assert match, done.stderr[-2000:]
    drawn, charts, wide, error = match.groups()
    assert error == "none"
    assert drawn == charts
    assert (int(charts) > 0) == bool(CASES[case].runs)
    assert wide == "false"
