"""The page: whole, self-contained and safe; and in a real browser where there is one."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from orchestrator.analysis.report.blocks import FigureBlock, TableBlock, Text
from orchestrator.analysis.report.page import render
from orchestrator.analysis.report.sections import sections_of
from orchestrator.analysis.report.sections.in_short import HEADLINE
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
const every = (kind) => [...document.querySelectorAll(kind)];
const method = () => document.querySelector(".controls [data-method]")?.dataset.method;
const drawnOf = (name) => every(".chart").flatMap((chart) => chart._fullData ?? [])
  .filter((trace) => trace.meta === name && trace.visible === true).length;
const rowsOf = (name) => every("tbody tr")
  .filter((row) => row.dataset.method === name && !row.hidden).length;
function clicked(selector, look) {
  const before = look();
  document.querySelector(selector).click();
  const after = look();
  return [before, after];
}
function told() {
  const charts = every(".chart"), name = method();
  const found = {
    name: window.name, width: innerWidth, charts: charts.length, error: window.failed ?? "none",
    drawn: charts.filter((chart) => chart.querySelector(".main-svg")).length,
    wide: document.documentElement.scrollWidth > innerWidth,
  };
  if (!["whole desktop", "field desktop"].includes(window.name)) return found;
  config.displayModeBar = true;  // as where a pointer hovers
  draw();
  found.tools = [...new Set(every(".modebar-btn").map((tool) => tool.dataset.title))];
  const state = () => ({
    lines: drawnOf(name), rows: rowsOf(name), address: location.hash,
    told: !document.querySelector(".hidden-now").hidden,
    all: charts.reduce((sum, chart) => sum + chart.data.length, 0),
    axes: [...new Set(charts.map((chart) => chart._fullLayout.xaxis.type))],
  });
  found.hides = clicked(".controls [data-method]", state);
  found.shows = clicked(".hidden-now button", state);
  if (boxes.seeds) found.seeds = clicked("#seeds", state);
  if (boxes.log) found.log = clicked("#log", state);
  return found;
}
const tell = () => parent.postMessage(JSON.stringify(told()), "*");
addEventListener("load", () => setTimeout(tell, 300));
</script>
"""
"""Tells the page around it what became of a page, and of its switches when they are clicked."""

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

    VOID = frozenset({"meta", "link", "line", "br", "wbr", "input"})

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
    anchors = {section.anchor for section in sections(case) if section.title != HEADLINE}
    assert {link.removeprefix("#") for link in found.links} == {*anchors, "results"}
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


def test_what_was_found_is_said_before_everything_else() -> None:
    shown = page("whole")
    said = next(section for section in sections("whole") if section.title == HEADLINE)
    places = [
        html.unescape(shown).index(block.text) for block in said.blocks if isinstance(block, Text)
    ]
    assert places
    assert max(places) < html.unescape(shown).index("<nav")


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


def test_nothing_is_configured_that_uploads() -> None:
    script = page("whole").rsplit("<script>", 1)[1]
    assert "showSendToCloud: false" in script
    assert 'plotlyServerURL: ""' in script
    assert "displaylogo: false" in script


def test_rows_and_columns_of_methods_are_known_as_such() -> None:
    upright, wide = page("field"), page("whole")
    assert '<tr data-method="words@proposals"><th scope=row' in upright
    assert '<th scope="col" class=number data-method="zip">' in wide
    assert '<td class=number data-method="zip">' in wide


def test_keyboards_and_screen_readers_find_their_way() -> None:
    shown = page("whole")
    body = shown.split("<body>", 1)[1]
    assert body.lstrip().startswith('<a class="skip" href="#results">Skip to the results</a>')
    assert '<main id="results" tabindex="-1">' in body
    assert 'aria-label="Chart: mean test accuracy over queries spent"' in body
    assert 'aria-label="Table: queries to target"' in body


def test_there_is_nothing_to_switch_where_nothing_was_found() -> None:
    assert 'class="controls"' not in page("all failed")
    assert 'id="seeds"' not in page("one seed")
    assert 'id="log"' in page("one seed")


def test_spec_commands_and_versions_can_be_copied() -> None:
    code = page("whole").split('<section id="how-it-was-run">')[1]
    assert code.count('class="copy"') == code.count("<pre") >= 2
    assert ">querycurve run spec.yaml\nquerycurve report spec.yaml</pre>" in code


def test_tables_of_numbers_are_named_and_not_shown() -> None:
    assert "<code>tables/at_queries_by_dataset.csv</code>" in page("field")
    assert 'aria-label="at_queries_by_dataset"' not in page("field")


def test_the_same_results_give_the_same_page() -> None:
    again = replace(CASES["whole"])
    assert render(again, sections_of(again)) == page("whole")


DRAWN = ("whole", "accesses", "field", "several shots", "all failed")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
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
        told = json.loads(html.unescape(line))
        found[told["name"]] = told
    assert len(found) == len(frames), done.stderr[-2000:]
    return found


needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium here; structure is tested above"
)


@needs_browser
@pytest.mark.parametrize("case", DRAWN)
@pytest.mark.parametrize("name", WIDTHS)
def test_a_browser_draws_every_figure_without_an_error(
    case: str, name: str, seen: dict[str, dict[str, Any]]
) -> None:
    found = seen[f"{case} {name}"]
    assert found["width"] == WIDTHS[name]
    assert found["error"] == "none"
    assert found["drawn"] == found["charts"]
    assert (found["charts"] > 0) == bool(CASES[case].runs)
    assert not found["wide"]


@needs_browser
@pytest.mark.parametrize("case", ["whole", "field"])
def test_a_click_hides_a_method_everywhere_and_another_brings_it_back(
    case: str, seen: dict[str, dict[str, Any]]
) -> None:
    before, hidden = seen[f"{case} desktop"]["hides"]
    assert before["lines"] > 0
    assert (hidden["lines"], hidden["rows"], hidden["told"]) == (0, 0, True)
    assert "hide=" in hidden["address"], "so that the page can be sent as it is seen"
    _, shown = seen[f"{case} desktop"]["shows"]
    assert shown == {**before, "address": ""}


@needs_browser
def test_seeds_and_a_logarithmic_axis_are_switched(seen: dict[str, dict[str, Any]]) -> None:
    before, after = seen["whole desktop"]["seeds"]
    assert after["all"] > before["all"]
    before, after = seen["whole desktop"]["log"]
    assert "log" not in before["axes"]
    assert "log" in after["axes"]
    before, after = seen["field desktop"]["log"]
    assert ("log" in before["axes"], "log" in after["axes"]) == (True, False)


@needs_browser
def test_no_button_sends_a_chart_away(seen: dict[str, dict[str, Any]]) -> None:
    tools = seen["whole desktop"]["tools"]
    assert "Download plot as a PNG" in " ".join(tools)
    assert not re.search("share|cloud|studio|plotly", " ".join(tools), re.I)
