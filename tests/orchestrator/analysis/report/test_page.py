"""The page: whole, self-contained and safe; and in a real browser where there is one."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import pytest

from orchestrator.analysis.report.blocks import FigureBlock, TableBlock
from orchestrator.analysis.report.page import render
from orchestrator.analysis.report.sections import sections_of
from tests.orchestrator.analysis.builders import make_run
from tests.orchestrator.analysis.report.cases import CASES, comparison, page, sections
from tests.orchestrator.analysis.report.field import field

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

WIDTHS = {"desktop": 1280, "phone": 390}

PROBE = """
<script>
addEventListener("error", (event) => { window.failed = event.message; });
addEventListener("load", () => setTimeout(() => {
  const charts = [...document.querySelectorAll(".chart")];
  const drawn = charts.filter((chart) => chart.querySelector(".main-svg"));
  const wide = document.documentElement.scrollWidth > innerWidth;
  const error = window.failed || "none";
  const found = [window.name, innerWidth, drawn.length, charts.length, wide, error];
  parent.postMessage(found.join("|"), "*");
}, 300));
</script>
"""
"""Tells the page around it what became of a page."""

LISTENER = """
<script>
addEventListener("message", (event) => {
  const line = document.createElement("p");
  line.textContent = event.data;
  document.body.append(line);
});
</script>
"""


class Outline(HTMLParser):
    """Collects what the structure of a page is made of, without its scripts."""

    VOID = frozenset({"meta", "link", "line", "br", "wbr"})

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
    found = outline(page(case))
    assert found.open == []
    assert found.outside == []
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.links} == {s.anchor for s in sections(case)}
    blocks = [
        block
        for section in sections(case)
        for block in section.blocks
        if isinstance(block, FigureBlock)
        or (isinstance(block, TableBlock) and not block.numbers_only)
    ]
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
    shown = render(case, sections_of(case))
    assert "<img" not in shown.split("<script>", 1)[0]
    found = outline(shown)
    assert found.outside == []
    figures = json.loads(found.data)
    # Plotly shows tags of HTML as such, but the codes of their brackets as brackets.
    shown_title = figures["curves-0"]["layout"]["title"]["text"]
    assert html.unescape(shown_title).startswith("</script><img")
    assert "<" not in shown_title


def test_a_class_name_in_an_error_cannot_break_the_page() -> None:
    evil = "<script>fetch('//evil')</script> & <img src=x onerror=alert(1)>"
    run = make_run([(0, 30), (10, 40)])
    broken = replace(
        run.trace, status="failed", points=(), error=f"UserError: class name {evil!r} is too long"
    )
    case = comparison([run], failures=(replace(run, seed=2, trace=broken),))
    shown = render(case, sections_of(case))
    assert "is too long" in shown
    assert "<img" not in shown.split("<script>", 1)[0]
    assert "fetch('//evil')" not in "".join(re.findall(r"<script>(.*?)</script>", shown, re.S))
    assert outline(shown).outside == []


def test_intervals_stand_below_their_numbers_where_columns_are_many() -> None:
    many = field(tuple("abcdefghijklm"))
    wide = render(many, sections_of(many))
    assert "<td class=number>41.6<small>± 3.8</small></td>" in wide
    assert "<td class=number>41.6 ± 3.8</td>" in page("field")
    assert "made_<wbr>dots" in page("field")


def test_tables_of_numbers_are_named_and_not_shown() -> None:
    assert "<code>tables/at_queries_by_dataset.csv</code>" in page("field")
    assert 'aria-label="at_queries_by_dataset"' not in page("field")


def test_the_same_results_give_the_same_page() -> None:
    again = replace(CASES["whole"])
    assert render(again, sections_of(again)) == page("whole")


@dataclass(frozen=True)
class Seen:
    """What became of a page in a browser."""

    width: int
    drawn: int
    charts: int
    wide: bool
    error: str


DRAWN = ("whole", "accesses", "field", "several shots", "all failed")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """Each page at each width, by the names of both: as frames, so that a browser starts once."""
    folder = tmp_path_factory.mktemp("browser")
    frames = []
    for number, case in enumerate(DRAWN):
        shown = page(case).replace("<head>", f"<head>{PROBE}", 1)
        (folder / f"{number}.html").write_text(shown, encoding="utf-8")
        frames += [
            f'<iframe src="{number}.html" name="{case} {name}" width="{width}" height="900" '
            'frameborder="0"></iframe>'
            for name, width in WIDTHS.items()
        ]
    around = f"<!doctype html><title>pages</title>{LISTENER}<body>{''.join(frames)}</body>"
    (folder / "pages.html").write_text(around, encoding="utf-8")
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
        f"--user-data-dir={folder / 'profile'}",
        "--window-size=1400,900",
        "--virtual-time-budget=20000",
        "--dump-dom",
        (folder / "pages.html").as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = {}
    for line in re.findall(r"<p>(.*?)</p>", done.stdout):
        name, inner, drawn, charts, wide, error = line.split("|", 5)
        found[name] = Seen(int(inner), int(drawn), int(charts), wide == "true", error)
    assert len(found) == len(frames), done.stderr[-2000:]
    return found


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here; structure is tested above")
@pytest.mark.parametrize("case", DRAWN)
@pytest.mark.parametrize("name", WIDTHS)
def test_a_browser_draws_every_figure_without_an_error(
    case: str, name: str, seen: dict[str, Seen]
) -> None:
    found = seen[f"{case} {name}"]
    assert found.width == WIDTHS[name]
    assert found.error == "none"
    assert found.drawn == found.charts
    assert (found.charts > 0) == bool(CASES[case].runs)
    assert not found.wide
