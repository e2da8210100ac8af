"""The comparison table: final accuracy, not the best; the mean over shared datasets only."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from orchestrator.analysis.report.terminal import comparison_table
from orchestrator.analysis.runs import Run
from orchestrator.analysis.table import as_csv, as_markdown, comparison
from orchestrator.spec.spec import ReportSpec
from tests.orchestrator.analysis.builders import deployed, make_run, needing, zero_shot_run

RUNS = [
    zero_shot_run(40, "dots"),
    zero_shot_run(50, "letters"),
    *(make_run([(0, 30), (10, 70 + s), (20, 45 + s)], dataset="dots", seed=s) for s in (1, 2, 3)),
    *(make_run([(0, 30), (20, 52)], dataset="letters", seed=s) for s in (1, 2, 3)),
]


FIVE_POINTS = ReportSpec(target_gain=5)


def test_accuracy_is_the_last_one_not_the_best() -> None:
    by_place = {(r.group.dataset, r.group.method): r for r in comparison(RUNS, FIVE_POINTS)}
    assert by_place["dots", "zip"].accuracy.mean == 47
    assert by_place["dots", "zip"].accuracy.count == 3
    target = by_place["dots", "zip"].target
    assert target is not None
    assert (target.successes, target.expected) == (3, 10)
    assert by_place["letters", "zip"].target is not None
    assert by_place["letters", "zip"].target.expected is None
    assert by_place["dots", "zero_shot"].target is None


def test_the_mean_row_covers_datasets_that_all_methods_have() -> None:
    extra = [*RUNS, make_run([(0, 90)], dataset="textures")]
    means = {
        r.group.method: r for r in comparison(extra, ReportSpec()) if "mean" in r.group.dataset
    }
    assert means["zip"].accuracy.mean == (47 + 52) / 2
    assert means["zero_shot"].accuracy.mean == 45
    assert "(2)" in means["zip"].group.dataset


def test_there_is_no_mean_of_one_dataset() -> None:
    rows = comparison([make_run([(0, 1)])], ReportSpec())
    assert [row.group.dataset for row in rows] == ["dots"]


@given(order=st.permutations(RUNS))
def test_the_order_of_runs_does_not_matter(order: list[Run]) -> None:
    assert comparison(order, FIVE_POINTS) == comparison(RUNS, FIVE_POINTS)


def test_the_terminal_table_fits_80_columns_and_says_what_the_interval_is() -> None:
    out = io.StringIO()
    comparison_table(comparison(RUNS, FIVE_POINTS), "demo").show(Console(file=out, width=80))
    text = out.getvalue()
    assert "95 % t-interval over 3 seeds" in text
    assert "47.0 ± 2.5" in text
    assert "not reached" in text
    assert "…" not in text


def test_csv_keeps_full_numbers_and_markdown_is_a_table() -> None:
    rows = comparison(RUNS, FIVE_POINTS)
    parsed = list(csv.DictReader(io.StringIO(as_csv(rows))))
    dots = next(r for r in parsed if r["dataset"] == "dots" and r["method"] == "zip")
    assert float(dots["accuracy"]) == 47
    assert float(dots["expected_queries"]) == 10
    lines = as_markdown(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert all(line.count("|") == 15 for line in lines)


def test_methods_that_need_less_come_first_and_columns_say_what() -> None:
    runs = [
        needing(make_run([(0, 30), (20, 60)], method="deep"), "inner layers"),
        needing(make_run([(0, 30), (20, 50)], method="words"), "text", transductive=True),
        deployed(make_run([(0, 30), (20, 52)]), 1),
        make_run([(0, 30), (20, 40)], method="bar"),
        deployed(zero_shot_run(40), 8),
    ]
    rows = comparison(runs, ReportSpec())
    assert [row.group.method for row in rows] == ["zero_shot", "words", "bar", "zip", "deep"]
    parsed = {row["method"]: row for row in csv.DictReader(io.StringIO(as_csv(rows)))}
    assert parsed["zip"]["access"] == "soft context"
    assert (parsed["zero_shot"]["queries_per_image"], parsed["bar"]["queries_per_image"]) == (
        "8",
        "",
    )
    assert (parsed["deep"]["track"], parsed["bar"]["track"]) == ("translucent box", "plain box")
    assert parsed["words"]["unlabelled_test_images"] == "True"
    assert "| words‡ | strings |" in as_markdown(rows)
