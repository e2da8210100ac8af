"""Whatever lies beside a page is linked in it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from orchestrator.analysis.report.file_list import FileList
from orchestrator.analysis.report.page import render
from orchestrator.analysis.report.sections import sections_of
from orchestrator.analysis.report.write import write_report
from tests.orchestrator.analysis.report.cases import CASES

FOLDER = Path("/reports/demo")
NAMES = ("results.csv", "tables/a.csv", "figures/x 100%.png", "tables/a.tex", "curves.csv")
LISTED = FileList.of(FOLDER, [FOLDER / name for name in NAMES])


def test_files_stand_together_by_folder_and_name() -> None:
    shown = {
        title: {name: [link.kind for link in links] for name, links in named.items()}
        for title, named in LISTED.groups.items()
    }
    assert shown == {
        "The whole report": {"curves.csv": ["CSV"], "results.csv": ["CSV"]},
        "Tables": {"a": ["CSV", "LaTeX"]},
        "Figures": {"x 100%": ["PNG"]},
    }


def test_odd_names_are_still_addresses() -> None:
    (odd,) = LISTED.beside("x 100%")
    assert odd.address == "figures/x%20100%25.png"


def test_a_file_beside_stands_with_the_figure_of_its_name() -> None:
    case = CASES["one dataset"]
    shown = render(case, sections_of(case), LISTED)
    section = shown.split('<section id="accuracy-over-queries">')[1].split("</section>")[0]
    assert '<a href="curves.csv">CSV</a>' in section


def test_the_page_links_every_file_that_was_written_and_no_other(tmp_path: Path) -> None:
    report = write_report(CASES["one dataset"], tmp_path)
    page = report.page.read_text(encoding="utf-8").split("<script>")[0]
    linked = {unquote(found) for found in re.findall(r'href="([^"#:]+)"', page)}
    written = {path.relative_to(tmp_path).as_posix() for path in report.files}
    assert linked == written - {"report.html"}
    assert (tmp_path / "spec.yaml").read_text(encoding="utf-8") == "name: demo\n"
