"""Published numbers are consistent, and where they are not, their row says so."""

from __future__ import annotations

import csv
import re
import statistics
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pytest

from benchmarks.datasets.registry import dataset_class, dataset_names
from benchmarks.protocols import PROTOCOLS
from benchmarks.reference import published
from benchmarks.reference.published import (
    ACCURACY_METRICS,
    PublishedResult,
    published_results,
)
from methods.registry import method_classes

ROWS = published_results()
ROUNDING = 0.06
ELSEWHERE = {"average", "all", "gtsrb", "mnist", "cifar10", "cifar100"}
"""Means over a table, and datasets that are not here."""

QUERY = 128
"""Images in a query."""


def rows_by_table() -> dict[tuple[object, ...], dict[str, PublishedResult]]:
    tables: dict[tuple[object, ...], dict[str, PublishedResult]] = defaultdict(dict)
    for row in ROWS:
        if row.metric in ACCURACY_METRICS:
            key = (row.source, row.table, row.backbone, row.shots, row.published_as, row.metric)
            assert row.dataset not in tables[key], f"{key} has {row.dataset} twice"
            tables[key][row.dataset] = row
    return tables


def test_values_are_possible() -> None:
    assert len(ROWS) == 599 + 880
    for row in ROWS:
        assert row.value >= 0, row
        if row.metric in ACCURACY_METRICS:
            assert 0 < row.value < 100, row
            assert row.unit == "%", row
        assert row.source and row.address and row.table, row


def test_every_dataset_and_protocol_is_ours_or_known_to_be_elsewhere() -> None:
    assert {row.protocol for row in ROWS} == set(PROTOCOLS)
    assert {row.dataset for row in ROWS} - set(dataset_names()) == ELSEWHERE


def test_spreads_are_of_several_seeds() -> None:
    spread = [row for row in ROWS if row.sd is not None]
    assert all(row.sd is not None and 0 <= row.sd < 15 and row.seeds == 3 for row in spread)
    assert all(row.metric in ACCURACY_METRICS for row in spread)
    rerun = [row for row in ROWS if row.source.startswith("ZOMP") and row.cost_unit == "queries"]
    assert spread == rerun
    assert len(spread) == 506


def test_the_rerun_of_the_official_code_is_whole() -> None:
    """13 datasets and their mean, under four protocols, with spreads."""
    found: dict[tuple[str, str, str], int] = Counter(
        (row.method, row.protocol, row.metric)
        for row in ROWS
        if row.source.startswith("ZOMP") and row.variant and row.sd is not None
    )
    numbers = {
        ("few_shot", "accuracy"): 14,
        ("base_to_new", "base accuracy"): 14,
        ("base_to_new", "new accuracy"): 14,
        ("base_to_new", "harmonic mean"): 14,
        ("cross_dataset", "accuracy"): 14,
        ("out_of_distribution", "accuracy"): 6,
    }
    methods = ("zip", "bar", "blackvip", "bptvlm")
    assert found == {(m, *place): count for m in methods for place, count in numbers.items()}


def test_there_are_as_many_numbers_of_each_source_as_the_readme_says() -> None:
    readme = published.TABLE.with_name("README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| ([^|]+) \| (\d+) \|", readme, flags=re.MULTILINE)
    assert {name: int(count) for name, count in lines} == Counter(row.source for row in ROWS)


def test_a_method_has_one_name_here_whatever_its_case_and_marks() -> None:
    names: dict[str, set[str]] = defaultdict(set)
    for row in ROWS:
        names[re.sub(r"[*\s-]|\(.*?\)", "", row.published_as).casefold()].add(row.method)
    assert {name: found for name, found in names.items() if len(found) > 1} == {}
    expected = {"bbt": "bbt", "craft": "craft", "bptvlm": "bptvlm", "zip": "zip", "zomp": "zomp"}
    assert {name: names[name] for name in expected} == {n: {m} for n, m in expected.items()}


def test_digitised_values_carry_an_error_and_printed_ones_none() -> None:
    for row in ROWS:
        assert (row.error > 0) == (row.status == "digitised"), row


def test_secondary_values_say_where_they_were_cited_from() -> None:
    for row in ROWS:
        if row.status == "secondary":
            assert "cited" in row.note or "notes" in row.note, row


def test_costs_in_other_units_come_to_as_many_queries_as_their_images_fill() -> None:
    checked = 0
    for row in ROWS:
        images = row.cost or 0
        if row.cost_unit == "whole-set evaluations":
            images *= row.shots * dataset_class(row.dataset).card.classes
        elif row.cost_unit != "images":
            continue
        checked += 1
        assert row.queries == -(-images // QUERY), row
    assert checked == 110 + 30 + 9


def test_a_step_of_sharpzo_costs_thousands_of_queries() -> None:
    """1,064 whole-set evaluations in its first stage, 2 in its second, 1,024 for every mask."""
    found = {
        row.dataset: row.queries
        for row in ROWS
        if (row.published_as, row.table) == ("SharpZO", "Table 1")
    }
    switch = {"eurosat": 500, "oxford_pets": 100, "imagenet": 200}
    for dataset, steps in switch.items():
        evaluations = steps * 1064 + (20_000 - steps) * (2 + 1024 / 200)
        queries = evaluations * 16 * dataset_class(dataset).card.classes / QUERY
        assert found[dataset] == pytest.approx(queries, abs=500)
    assert found["average"] is None


def test_only_methods_that_train_have_a_cost() -> None:
    for row in ROWS:
        assert (row.cost_unit == "none") == (row.method == "zero_shot"), row
        assert (row.shots == 0) == (row.method == "zero_shot"), row


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
        ("ZOMP", "bar"): "zip-port",
        ("ZOMP", "blackvip"): "defaults",
        ("ZOMP", "bptvlm"): "zip-port",
        ("ZOMP", "zip"): "defaults",
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
    triples: dict[tuple[str, ...], dict[str, PublishedResult]] = defaultdict(dict)
    for row in ROWS:
        # A mean of harmonic means is not the harmonic mean of the means.
        if row.protocol == "base_to_new" and row.dataset != "average":
            triples[row.source, row.published_as, row.dataset][row.metric] = row
    assert len(triples) == 33 + 5 * 13
    for key, found in triples.items():
        base, new = found["base accuracy"].value, found["new accuracy"].value
        stated = found["harmonic mean"]
        # ZOMP prints one digit, and the mean over seeds of each seed's harmonic mean.
        allowed = 0.11 if stated.sd is not None else 0.02
        if abs(2 * base * new / (base + new) - stated.value) > allowed:
            assert "recomputed" in stated.note, key


def test_the_papers_conflicting_value_keeps_its_warning() -> None:
    (pets,) = [
        row
        for row in ROWS
        if row.published_as == "ZIP (Official)*" and row.dataset == "oxford_pets"
    ]
    assert "conflict" in pets.note


def test_sources_that_disagree_on_one_experiment_are_named() -> None:
    """Two numbers of the same settings and queries, further apart than they were printed."""
    subjects: dict[tuple[object, ...], list[PublishedResult]] = defaultdict(list)
    for row in ROWS:
        if row.variant and row.cost_unit == "queries" and row.metric in ACCURACY_METRICS:
            place = (row.backbone, row.protocol, row.shots, row.dataset, row.metric)
            subjects[row.method, row.variant, *place, row.cost].append(row)
    named = 0
    for rows in subjects.values():
        for first, second in combinations(rows, 2):
            gap = abs(first.value - second.value)
            if first.dataset == "average" or gap <= first.error + second.error + ROUNDING:
                continue
            # SharpZO cites ZIP's own numbers, on which the figure's axes were laid.
            if "ZOMP" in second.source:
                assert f"has {first.value:g}" in second.note, second
                named += 1
            else:
                assert "conflict" in first.note, first
    assert named > 30


def test_a_number_that_another_source_has_too_is_there_twice() -> None:
    def subject(row: PublishedResult) -> tuple[object, ...]:
        what = (row.backbone, row.protocol, row.shots, row.method, row.dataset, row.metric)
        return (*what, row.value)

    places: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for row in ROWS:
        places[subject(row)].add(row.place)
    repeated = [row for row in ROWS if "the same number in" in row.note]
    assert len(repeated) > 30
    assert all(len(places[subject(row)]) > 1 for row in repeated)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": "hearsay"}, r"line 2: status: .*'primary'.*, got 'hearsay'"),
        ({"value": "-3"}, r"line 2: value: .*greater than or equal to 0, got '-3'"),
        ({"value": "101"}, "at most 100 %, got 101 %"),
        ({"sd": "-0.1"}, r"line 2: sd: .*greater than or equal to 0, got '-0.1'"),
        ({"sd": "0.5"}, "an sd needs 2 seeds or more, got sd 0.5 and seeds None"),
        ({"sd": "0.5", "seeds": "1"}, "an sd needs 2 seeds or more, got sd 0.5 and seeds 1"),
        ({"cost_unit": "dollars"}, r"line 2: cost_unit: .*got 'dollars'"),
        ({"cost_unit": "unknown"}, "cost: unknown has no number"),
        ({"cost": "", "queries": ""}, "cost: none needs a number"),
        ({"shots": "16"}, "cost_unit must be none where there are no shots"),
        ({"queries": "7"}, "queries must be the cost, 0, where none is its unit, got 7"),
    ],
)
def test_a_malformed_row_is_named(
    changes: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with published.TABLE.open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    _write(tmp_path / "published.csv", [{**first, **changes}])
    monkeypatch.setattr(published, "TABLE", tmp_path / "published.csv")
    with pytest.raises(ValueError, match=message):
        published.published_results.__wrapped__()


def test_a_number_that_is_there_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with published.TABLE.open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    _write(tmp_path / "published.csv", [first, {**first, "value": "1"}])
    monkeypatch.setattr(published, "TABLE", tmp_path / "published.csv")
    with pytest.raises(ValueError, match="line 3: the same number as in line 2"):
        published.published_results.__wrapped__()


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_the_curves_of_the_figure_are_possible() -> None:
    path = published.TABLE.with_name("zip_figure_1b.csv")
    with path.open(encoding="utf-8", newline="") as file:
        curves = list(csv.DictReader(file))
    queries = [int(row["queries"]) for row in curves]
    assert queries == sorted(set(queries))
    assert queries[-1] == 5000
    values = [float(row[name]) for row in curves for name in list(row)[1:] if row[name]]
    assert all(0 < value < 100 for value in values)
