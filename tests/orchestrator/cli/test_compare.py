"""The `compare` verb says what it found, and what it can't know."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.reference.published import published_results
from orchestrator import console
from orchestrator.analysis.reproduction import compare_with_published
from orchestrator.cli.compare import compare_stores, looks_like_store, show_verdicts
from orchestrator.cli.main import app
from orchestrator.errors import UserError
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from tests.benchmarks.datasets.trees import coop_tree
from tests.orchestrator.analysis.builders import make_run
from tests.orchestrator.analysis.paper_runs import paper_run, row_of
from tests.orchestrator.cli.verbs import shown


def store_with(folder: Path, accuracy: float) -> str:
    run = make_run([(0, 30.0), (10, accuracy)])
    Store(LocalStorage(folder)).save(run.trace)
    return str(folder)


def test_verdicts_are_printed_with_their_reasons_and_warnings() -> None:
    runs = [paper_run(64.0 + seed / 10, seed) for seed in (1, 2, 3)]
    pets = [replace(run, dataset="oxford_pets") for run in runs]
    verdicts, unknown = compare_with_published([*runs, *pets], published_results())
    text = " ".join(shown(lambda: show_verdicts(verdicts, unknown)).split())
    assert "reproduced" in text
    assert "another unit of cost: 20,000 steps there" in text
    assert "conflict" in text


def test_a_spread_and_another_unit_of_cost_are_printed() -> None:
    runs = [paper_run(64.0 + seed / 10, seed) for seed in (1, 2, 3)]
    figure = replace(row_of("zip", "eurosat"), value=64.6)
    rows = [
        replace(figure, error=0.0, sd=3.5, seeds=3),
        replace(figure, cost=8000, cost_unit="whole-set evaluations", queries=10000),
    ]
    verdicts, unknown = compare_with_published(runs, rows)
    text = " ".join(shown(lambda: show_verdicts(verdicts, unknown)).split())
    assert "64.6 (sd 3.5)" in text
    assert "64.6 ± 1 " in text
    assert "8,000 whole-set evaluations there (10,000 queries), 5,000 queries here" in text
    assert "1 within noise, 1 not comparable." in text


def test_numbers_of_other_models_and_units_are_counted() -> None:
    runs = [paper_run(51.0 + seed / 10, seed, method="bar@zip-port") for seed in (1, 2, 3)]
    verdicts, unknown = compare_with_published(runs, published_results())
    hidden = sum(verdict.unrelated for verdict in verdicts)
    text = " ".join(shown(lambda: show_verdicts(verdicts, unknown)).split())
    assert hidden > 10
    assert f"{hidden} more published numbers of these methods and datasets not shown" in text
    assert "GPT-4o" not in text
    assert "RN50 there" not in text
    assert "unlimited queries there" in text


def test_brackets_in_file_names_are_printed_as_they_are() -> None:
    remark = "eurosat: 2 unreadable images are skipped (a[/x].jpg, [red]b.jpg)"
    run = paper_run(64.0)
    provenance = {**run.trace.provenance, "dataset_remark": remark}
    run = replace(run, trace=replace(run.trace, provenance=provenance), method="zip[1]")
    verdicts, unknown = compare_with_published([run], published_results())
    text = " ".join(shown(lambda: show_verdicts(verdicts, unknown)).split())
    assert "[red]b.jpg" in text
    assert "a[/x].jpg" in text
    assert "zip[1]" in text


OURS = {"zero_shot": 47.6, "bar": 51.0, "bptvlm": 53.0, "zip": 64.3}
"""Made-up accuracies near those that are published for EuroSAT."""


def compared(folder: Path, *overrides: str, remark: str = "") -> dict[str, dict[str, str]]:
    """`compare few_shot` on EuroSAT with made-up traces: verdicts by label and place."""
    data, store = folder / "data", folder / "store"
    coop_tree(data, "eurosat")
    chosen = ("datasets=[eurosat]", *overrides)
    kept = Store(LocalStorage(store))
    for cell in make_plan(load_spec("few_shot", chosen), kept, data).cells:
        value = OURS[cell.cell.method.name] + cell.cell.seed / 10
        points = (Point(cell.cell.queries, 0, "test_accuracy", value),)
        provenance = {"backbone": "ViT-B/16", "dataset_remark": remark}
        known = cell.cell.model_dump(mode="json")
        kept.save(Trace(cell.key, known, "finished", points, provenance=provenance))
    sets = [part for text in chosen for part in ("--set", text)]
    width, console.output.width = console.output.width, 400
    try:
        output = (
            CliRunner()
            .invoke(app, ["compare", "few_shot", "--store", str(store), "--data", str(data), *sets])
            .output
        )
    finally:
        console.output.width = width
    verdicts: dict[str, dict[str, str]] = {}
    for line in output.splitlines():
        cells = [part.strip() for part in re.split(r"\s{2,}", line.strip())]
        if cells[0] == "eurosat":
            place, why = cells[5].split(": ", 1)
            verdicts.setdefault(cells[1], {})[place] = f"{cells[4]}: {why.split('. ', 1)[1]}"
    return verdicts


FIGURE = "ZIP, ICLR 2025 (repository figure), Figure 1(c) radar"
CITED = "SharpZO, NeurIPS 2025, Table 1"


def test_only_what_the_papers_code_ran_is_judged(tmp_path: Path) -> None:
    own = "{name: bar, label: bar-own}, {name: bptvlm, label: bptvlm-own}"
    port = "{name: bar@zip-port, label: bar}, {name: bptvlm@zip-port, label: bptvlm}"
    tight = "{name: zip, label: zip-tight, clip: 1.0}"
    ensemble = "zero_shot@ensemble"
    verdicts = compared(tmp_path, f"methods=[zero_shot, {ensemble}, {own}, {port}, zip, {tight}]")
    judged = {label: rows[FIGURE] for label, rows in verdicts.items() if FIGURE in rows}
    assert judged["bar"].startswith("reproduced: 0.1 apart")
    assert judged["bptvlm"].startswith("reproduced: 0.3 apart")
    assert judged["zip"].startswith("reproduced: 0.0 apart")
    assert judged["bar-own"] == (
        "not comparable: other settings: decay_epochs=None here, 1000 there (bar@zip-port)"
    )
    assert judged["bptvlm-own"].startswith("not comparable: other settings: shared_batches=True")
    assert judged["zip-tight"] == ("not comparable: other settings: clip=1.0 here, sqrt_dim there")
    assert verdicts["zero_shot"][CITED] == "reproduced: measured once, no seeds; 0.0 apart"
    assert verdicts[ensemble][CITED].startswith("not comparable: other settings: templates=ensem")


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("precision=bf16", "another precision: only fp32 is comparable, bf16 here"),
        ("precision=tf32", "another precision: only fp32 is comparable, tf32 here"),
        ("views=4", "another number of views encoded ahead: 0 there, 4 here"),
        ("budget=1000", "another budget: 5,000 queries there, 1,000 here"),
        ("backbone.pretrained=random", "other weights: OpenAI's ViT-B/16 there, random:ViT"),
    ],
)
def test_conditions_that_were_not_published_leave_no_verdict(
    override: str, reason: str, tmp_path: Path
) -> None:
    verdicts = compared(tmp_path, "methods=[zip]", override)
    assert verdicts["zip"][FIGURE].startswith(f"not comparable: {reason}")


def test_incomplete_data_leave_no_verdict(tmp_path: Path) -> None:
    remark = "eurosat: 3 of 27,000 images are missing"
    verdicts = compared(tmp_path, "methods=[zero_shot, zip]", remark=remark)
    rows = [reason for found in verdicts.values() for reason in found.values()]
    assert rows
    assert all(reason.startswith("not comparable") for reason in rows)
    assert verdicts["zip"][FIGURE] == f"not comparable: {remark}"


def test_the_exit_code_of_two_stores_says_whether_they_differ(tmp_path: Path) -> None:
    one, same = store_with(tmp_path / "one", 50), store_with(tmp_path / "same", 50)
    other = store_with(tmp_path / "other", 51)
    runner = CliRunner()
    assert runner.invoke(app, ["compare", one, same]).exit_code == 0
    result = runner.invoke(app, ["compare", one, other])
    assert result.exit_code == 1
    assert "1.00 points apart" in " ".join(result.output.split())
    assert runner.invoke(app, ["compare", one, other, "--tolerance", "2"]).exit_code == 0


def test_an_unknown_field_to_compare_across_is_refused(tmp_path: Path) -> None:
    one = store_with(tmp_path / "one", 50)
    with pytest.raises(UserError, match="backbone"):
        compare_stores(one, one, 0, ["backbon"])


def test_an_empty_store_is_said(tmp_path: Path) -> None:
    one, empty = store_with(tmp_path / "one", 50), tmp_path / "empty"
    with pytest.raises(UserError, match="empty is not there"):
        compare_stores(one, str(empty), 0)
    empty.mkdir()
    with pytest.raises(UserError, match="empty holds no finished results"):
        compare_stores(one, str(empty), 0)


def test_one_store_alone_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["compare", store_with(tmp_path / "one", 50)])
    assert isinstance(result.exception, UserError)
    assert "give a second one" in str(result.exception)


def test_a_spec_without_results_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["compare", "demo", "--store", str(tmp_path)])
    assert "nothing has finished yet" in str(result.exception)


def test_a_folder_with_a_ready_specs_name_is_no_store_until_it_holds_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo").mkdir()
    monkeypatch.chdir(tmp_path)
    assert not looks_like_store("demo")
    (tmp_path / "demo" / "results").mkdir()
    assert looks_like_store("demo")
