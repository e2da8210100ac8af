"""Published numbers are consistent, and where they are not, their row says so."""

from __future__ import annotations

import csv
import statistics
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.reference import published
from benchmarks.reference.published import (
    ACCURACY_METRICS,
    PublishedResult,
    published_results,
)
from methods.registry import method_classes

ROWS = published_results()
ROUNDING = 0.06


def rows_by_table() -> dict[tuple[str, ...], dict[str, PublishedResult]]:
    tables: dict[tuple[str, ...], dict[str, PublishedResult]] = defaultdict(dict)
    for row in ROWS:
        if row.metric in ACCURACY_METRICS:
            key = (row.source, row.table, row.backbone, row.published_as, row.metric)
            assert row.dataset not in tables[key], f"{key} has {row.dataset} twice"
            tables[key][row.dataset] = row
    return tables


def test_values_are_possible() -> None:
    assert len(ROWS) > 500
    for row in ROWS:
        assert row.value >= 0, row
        if row.metric in ACCURACY_METRICS:
            assert 0 < row.value < 100, row
            assert row.unit == "%", row
        assert row.source and row.address and row.table, row


def test_digitised_values_carry_an_error_and_printed_ones_none() -> None:
    for row in ROWS:
        assert (row.error > 0) == (row.status == "digitised"), row


def test_secondary_values_say_where_they_were_cited_from() -> None:
    for row in ROWS:
        if row.status == "secondary":
            assert "cited" in row.note or "notes" in row.note, row


def test_only_methods_that_train_have_a_budget() -> None:
    for row in ROWS:
        assert (row.budget_unit == "none") == (row.method == "zero_shot"), row
        assert (row.shots == 0) == (row.method == "zero_shot"), row
        assert (row.budget is None) == (row.budget_unit in ("unstated", "unlimited")), row


def test_settings_are_named_where_they_are_known_and_the_method_is_here() -> None:
    for row in ROWS:
        kind = method_classes().get(row.method)
        known = () if kind is None else ("defaults", *kind.variants)
        assert row.variant in ("", *known), row
    ran = {(r.source.split(",")[0], r.method): r.variant for r in ROWS if r.variant}
    assert ran == {
        ("ZIP", "bar"): "zip-port",
        ("ZIP", "blackvip"): "defaults",
        ("ZIP", "bptvlm"): "zip-port",
        ("ZIP", "zip"): "defaults",
        ("SharpZO", "zip"): "defaults",
        ("SharpZO", "zero_shot"): "defaults",
        ("RMAdapter", "zero_shot"): "defaults",
        ("BPT-VLM", "bptvlm"): "original",
    }


def test_an_average_matches_its_row_or_says_that_it_does_not() -> None:
    checked = 0
    for key, table in rows_by_table().items():
        stated = table.get("average")
        # Transfer tables average over the targets, without the source.
        over = [
            row.value
            for name, row in table.items()
            if name != "average"
            and not (
                row.protocol in ("cross_dataset", "out_of_distribution") and name == "imagenet"
            )
        ]
        if stated is None or len(over) < 4:
            continue
        checked += 1
        if abs(statistics.fmean(over) - stated.value) > ROUNDING:
            assert "inconsistent" in stated.note, key
    assert checked > 15


def test_a_harmonic_mean_follows_from_base_and_new_or_says_that_it_does_not() -> None:
    triples: dict[tuple[str, str], dict[str, PublishedResult]] = defaultdict(dict)
    for row in ROWS:
        if row.protocol == "base_to_new":
            triples[row.published_as, row.dataset][row.metric] = row
    assert len(triples) == 33
    for key, found in triples.items():
        base, new = found["base accuracy"].value, found["new accuracy"].value
        stated = found["harmonic mean"]
        if abs(2 * base * new / (base + new) - stated.value) > 0.02:
            assert "recomputed" in stated.note, key


def test_the_papers_conflicting_value_keeps_its_warning() -> None:
    (pets,) = [
        row
        for row in ROWS
        if row.published_as == "ZIP (Official)*" and row.dataset == "oxford_pets"
    ]
    assert "conflict" in pets.note


def test_a_malformed_row_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = published.TABLE.read_text(encoding="utf-8").splitlines()
    broken = tmp_path / "published.csv"
    broken.write_text("\n".join([*lines[:2], lines[2].replace("secondary", "hearsay")]))
    monkeypatch.setattr(published, "TABLE", broken)
    with pytest.raises(ValueError, match=r"line 3: status: .*'primary'.*, got 'hearsay'"):
        published.published_results.__wrapped__()


def test_the_curves_of_the_figure_are_possible() -> None:
    path = published.TABLE.with_name("zip_figure_1b.csv")
    with path.open(encoding="utf-8", newline="") as file:
        curves = list(csv.DictReader(file))
    queries = [int(row["queries"]) for row in curves]
    assert queries == sorted(set(queries))
    assert queries[-1] == 5000
    values = [float(row[name]) for row in curves for name in list(row)[1:] if row[name]]
    assert all(0 < value < 100 for value in values)
