"""The files of a site: the index, whole and safe, the reports that it leads to, and the folder."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.site.entry import Experiment
from orchestrator.analysis.site.folder import check_folder, unique_names
from orchestrator.analysis.site.leaderboard import leaderboards_of
from orchestrator.analysis.site.page import LeftOut, render_index
from orchestrator.analysis.site.write import Site, write_site
from orchestrator.errors import UserError
from tests.orchestrator.analysis.builders import make_run, moved_run, zero_shot_run

RUNS = tuple(
    run
    for name in ("dots", "letters")
    for run in (zero_shot_run(40, name), make_run([(0, 30), (100, 61.5)], dataset=name))
)
SMALL = Comparison("small", RUNS)
EVIL = "<script>alert(1)</script>"


def _draw_nothing(patch: pytest.MonkeyPatch) -> None:
    """Reports without figures, which take seconds to draw and matter to no index."""
    patch.setattr("orchestrator.analysis.report.write.write_png", lambda *_: None)
    patch.setattr("orchestrator.analysis.report.write.write_panels", lambda *_: None)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    _draw_nothing(monkeypatch)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("sites") / "new" / "site"
    asked = [("small", SMALL), ("small@other", replace(SMALL, runs=RUNS[:2]))]
    with pytest.MonkeyPatch.context() as patch:
        _draw_nothing(patch)
        return write_site(folder, asked, [LeftOut("gone", "there is no store")])


def test_each_experiment_has_a_report_that_the_index_leads_to(site: Site) -> None:
    page = site.page.read_text(encoding="utf-8")
    links = set(re.findall(r'href="([^"#]+)"', page)) - {"data:,"}
    assert links == {"small/report.html", "small-2/report.html", "leaderboard.csv"}
    assert all((site.page.parent / link).is_file() for link in links)
    for experiment in site.experiments:
        assert experiment.in_words[0] in page
    assert "Left out: <strong>gone</strong>: there is no store" in page


def test_the_index_needs_no_network_and_no_script(site: Site) -> None:
    page = site.page.read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(https?:)?//|@import|url\(', page)
    assert page.index('class="skip" href="#results"') < page.index("<h1>")
    assert "prefers-color-scheme: dark" in page
    body = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert ">61.5</" in body, "tables stand in the page itself"


def test_columns_and_captions_say_what_methods_are_ranked_by() -> None:
    both = make_run([(0, 30), (100, 80.0)], new_accuracy=60.0)
    transfer = (make_run([(100, 90.0)], dataset="imagenet"), moved_run("dots", 44, 1))
    found = [Experiment(n, n, Comparison(n, r)) for n, r in (("b", (both,)), ("t", transfer))]
    page = render_index(leaderboards_of(found), found, [])
    heads = re.findall(r'class="number">([^<]*)</th>', page)
    rest = ["seeds", "queries"]
    assert heads == ["H (%)", "base (%)", "new (%)", *rest, "targets (%)", "source (%)", *rest]
    cells = re.findall(r'class="number" data-value="([^"]*)"', page)
    assert [float(text) for text in cells[1:3]] == [80.0, 60.0]
    assert "H is the harmonic mean of test accuracy on classes that were trained on (base)" in page
    assert "Target: dots; the source, imagenet, stands apart." in page


def test_what_users_wrote_is_text(tmp_path: Path) -> None:
    runs = tuple(replace(run, method=EVIL) if run.shots else run for run in RUNS)
    experiment = Experiment("small", EVIL, Comparison("small", runs), (EVIL,))
    page = render_index(leaderboards_of([experiment]), [experiment], [LeftOut(EVIL, EVIL)])
    assert EVIL not in page
    assert page.count("&lt;script&gt;alert(1)") >= 5


@pytest.mark.usefixtures("undrawn")
def test_a_site_is_written_again_and_names_what_it_no_longer_has(tmp_path: Path) -> None:
    write_site(tmp_path, [("old", replace(SMALL, name="old"))])
    (tmp_path / "old" / "mine.txt").write_text("kept")
    again = write_site(tmp_path, [("small", SMALL)])
    assert again.unlinked == ("old",)
    assert (tmp_path / "old" / "mine.txt").read_text() == "kept"
    assert "old/report.html" not in again.page.read_text()


@pytest.mark.usefixtures("undrawn")
def test_a_report_that_cannot_be_written_costs_no_other(tmp_path: Path) -> None:
    write_site(tmp_path, [("small", SMALL)])
    (tmp_path / "blocked").write_text("")
    found = write_site(tmp_path, [("blocked", replace(SMALL, name="blocked")), ("small", SMALL)])
    assert [one.name for one in found.experiments] == ["small"]
    assert found.left_out[0].said == "blocked"
    assert "in the way" in found.page.read_text()


def test_a_folder_of_other_things_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>mine</title>")
    with pytest.raises(UserError, match=r"holds index\.html and is no earlier site"):
        write_site(tmp_path, [("small", SMALL)])
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    with pytest.raises(UserError, match="it is no folder"):
        check_folder(tmp_path / "index.html")


def test_empty_and_hidden_is_as_good_as_new(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    check_folder(tmp_path)
    check_folder(tmp_path / "none")


def test_names_are_unique_where_case_does_not_matter() -> None:
    assert unique_names(["demo", "demo", "DEMO", "demo-2", "index.html"]) == [
        "demo",
        "demo-3",
        "DEMO-4",
        "demo-2",
        "index.html-2",
    ]
