"""What doesn't fit, on the command line: skipped with its reason, refused with `--strict`."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.verbs import plan_of, querycurve, trace_of, write_spec

WIDE = {"name": "zip", "label": "wide", "context_tokens": 60}
SKIPPED = "skipped wide on pocket_dots: context_tokens must be at most 20"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_spec(tmp_path, methods=["zero_shot", "zip", WIDE])


@pytest.fixture
def filled(spec: Path, tmp_path: Path) -> Path:
    """A store with everything that fits, so that a run has nothing left."""
    store = Store(LocalStorage(tmp_path / "store"))
    for cell in plan_of(spec, tmp_path / "store").to_run():
        store.save(trace_of(cell))
    return tmp_path / "store"


def test_a_plan_goes_on_without_what_does_not_fit(spec: Path, tmp_path: Path) -> None:
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    assert (said.code, said.err) == (0, "")
    assert said.rows["pocket_dots", "wide"] == ["2", "skipped", "0", "0", "0", "s"]
    assert said.rows["pocket_dots", "zip"][:2] == ["2", "new"]
    assert SKIPPED in " ".join(said.out.split())


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_a_strict_one_is_refused(verb: str, spec: Path, tmp_path: Path) -> None:
    said = querycurve(verb, spec, "--store", tmp_path / "store", "--strict")
    assert (said.code, said.out) == (2, "")
    assert "error: wide on pocket_dots: context_tokens must be" in " ".join(said.err.split())
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_where_nothing_fits_every_reason_is_given(verb: str, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, methods=["blackvip", WIDE], datasets=["pocket_dots"])
    said = querycurve(verb, spec, "--store", tmp_path / "store")
    assert (said.code, said.out) == (2, "")
    lines = said.err.splitlines()
    assert lines[0] == "error: nothing of small can run:"
    assert any(line.startswith("blackvip on pocket_dots: encoder") for line in lines)
    assert any(line.startswith("wide on pocket_dots: context_tokens") for line in lines)
    assert not (tmp_path / "store").exists()


def test_a_run_says_at_its_start_and_at_its_end_what_it_skips(spec: Path, filled: Path) -> None:
    said = querycurve("run", spec, "--store", filled, "--no-tracking")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "small: 6 done, 4 skipped"
    assert lines.index("4 of 10 cells are skipped:") > 2
    assert " ".join(said.out.split()).count(SKIPPED) == 2
    page = (filled / "reports" / "small" / "report.html").read_text(encoding="utf-8")
    assert page.count("wide on pocket_dots") >= 2
    assert "have no result yet" not in page
    table = (filled / "reports" / "small" / "tables" / "skipped.csv").read_text(encoding="utf-8")
    assert 'wide on pocket_dots,"context_tokens must be at most 20' in table


def test_status_tells_it_too(spec: Path, filled: Path) -> None:
    said = querycurve("status", spec, "--store", filled)
    assert f"\nsmall in {filled}: 6 done, 4 skipped\n" in said.out
    assert SKIPPED in " ".join(said.out.split())


def test_two_labels_of_one_method_are_both_in_the_report(tmp_path: Path) -> None:
    twins = [{"name": "zip", "label": "zip"}, {"name": "zip", "label": "twin"}]
    spec = write_spec(tmp_path, methods=["zero_shot", *twins])
    store = Store(LocalStorage(tmp_path / "store"))
    for cell in plan_of(spec, tmp_path / "store").to_run():
        store.save(trace_of(cell))
    said = querycurve("report", spec, "--store", tmp_path / "store")
    assert said.code == 0
    assert said.rows["pocket_dots", "twin"] == said.rows["pocket_dots", "zip"]
    page = (tmp_path / "store" / "reports" / "small" / "report.html").read_text(encoding="utf-8")
    assert "twin has the settings of zip: they share their cells, which were run once" in page
