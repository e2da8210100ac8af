"""Verdicts beside published numbers, and reasons where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from benchmarks.reference.published import PublishedResult, published_results
from methods.registry import method_class
from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.reproduction import (
    compare_with_published,
    incomparable,
    judge,
)
from orchestrator.analysis.runs import Run
from tests.orchestrator.analysis.builders import make_run

DIGITISED = next(
    row
    for row in published_results()
    if (row.method, row.dataset, row.status) == ("zip", "eurosat", "digitised")
)
PRINTED = replace(DIGITISED, value=64.0, error=0.0, status="primary")


def paper_run(
    accuracy: float,
    seed: int = 1,
    *,
    method: str = "zip",
    changes: Mapping[str, Any] = MappingProxyType({}),
) -> Run:
    """A run in the ZIP paper's setting on EuroSAT, or with some of it changed."""
    trains = method != "zero_shot"
    run = make_run(
        [(0, 30.0), (5000, accuracy)] if trains else [(0, accuracy)],
        dataset="eurosat",
        method=method,
        seed=seed if trains else 0,
        shots=16 if trains else 0,
    )
    cell = {
        **run.trace.cell,
        "method": {
            "name": method,
            "settings": method_class(method).settings_type().model_dump(mode="json"),
        },
        "budget": 5000 if trains else 0,
        "batch_size": 128 if trains else 0,
        "augmentation": "crop_flip" if trains else "none",
        **changes,
    }
    provenance = {"backbone": "ViT-B/16"}
    return replace(run, trace=replace(run.trace, cell=cell, provenance=provenance))


@pytest.mark.parametrize(
    ("values", "judgement"),
    [
        ((64.1, 64.2, 64.0), "reproduced"),
        ((61.0, 64.0, 67.0), "within noise"),
        ((70.0, 70.2, 69.9), "differs"),
        ((64.6, 64.7, 64.5), "reproduced"),
        ((65.4, 65.5, 65.6), "differs"),
        ((64.0,), "not judged"),
        ((90.0,), "not judged"),
    ],
)
def test_verdicts(values: tuple[float, ...], judgement: str) -> None:
    assert judge(mean_interval(values), PRINTED, trains=True)[0] == judgement


def test_a_digitised_number_gives_more_room() -> None:
    ours = mean_interval((65.4, 65.5, 65.6))
    assert judge(ours, PRINTED, trains=True)[0] == "differs"
    assert judge(ours, replace(PRINTED, error=1.0), trains=True)[0] == "reproduced"


def test_zero_shot_has_no_seeds_and_is_judged_by_rounding() -> None:
    assert judge(MeanInterval(64.1, None, 1), PRINTED, trains=False)[0] == "reproduced"
    assert judge(MeanInterval(65.0, None, 1), PRINTED, trains=False)[0] == "differs"


def test_the_papers_setting_is_comparable_with_the_papers_figure() -> None:
    assert incomparable(paper_run(64.0), DIGITISED) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"budget": 1000}, "another budget: 5000 there, 1000 here"),
        ({"batch_size": 64}, "another mini-batch"),
        ({"augmentation": "none"}, "another augmentation"),
        (
            {"method": {"name": "zip", "settings": {"clip": "none"}}},
            "other settings: clip=none",
        ),
    ],
)
def test_another_setting_is_named(changes: dict[str, Any], reason: str) -> None:
    assert reason in incomparable(paper_run(64.0, changes=changes), DIGITISED)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"backbone": "RN50"}, "another backbone: RN50 there, ViT-B/16 here"),
        ({"budget": 20000, "budget_unit": "steps"}, "20,000 steps there, 5,000 queries here"),
        ({"budget": None, "budget_unit": "unlimited"}, "unlimited queries there"),
        ({"unit": "minutes"}, "another unit: minutes"),
        ({"shots": 4}, "another number of shots"),
        ({"caveat": "other test sets"}, "other test sets"),
    ],
)
def test_another_published_setting_is_named(changes: dict[str, Any], reason: str) -> None:
    row: PublishedResult = replace(DIGITISED, **changes)
    assert reason in incomparable(paper_run(64.0), row)


def test_a_split_of_our_own_is_never_compared() -> None:
    run = paper_run(64.0)
    remark = "eurosat: split_zhou_EuroSAT.json is missing: own split"
    provenance = {**run.trace.provenance, "dataset_remark": remark}
    own = replace(run, trace=replace(run.trace, provenance=provenance))
    assert incomparable(own, DIGITISED) == remark


def test_an_own_dataset_is_never_compared_whatever_its_name() -> None:
    run = paper_run(64.0)
    provenance = {**run.trace.provenance, "own_dataset": True}
    own = replace(run, trace=replace(run.trace, provenance=provenance))
    assert incomparable(own, DIGITISED) == "your own dataset, not the published one"


def test_the_real_tables_give_every_kind_of_answer() -> None:
    runs = [paper_run(64.0 + seed / 10, seed) for seed in (1, 2, 3)]
    runs.append(paper_run(47.6, method="zero_shot"))
    runs.append(replace(paper_run(50.0), dataset="mine"))
    verdicts, unknown = compare_with_published(runs, published_results())
    by_name = {(v.published.place, v.published.published_as): v for v in verdicts}
    figure = by_name["ZIP, ICLR 2025 (repository figure), Figure 1(c) radar", "ZIP"]
    assert figure.judgement == "reproduced"
    assert by_name["SharpZO, NeurIPS 2025, Table 1", "ZIP (Rep)"].judgement == "not comparable"
    zero_shot = by_name["SharpZO, NeurIPS 2025, Table 1", "ZS-CLIP*"]
    assert zero_shot.judgement in ("reproduced", "not comparable")
    assert [group.dataset for group in unknown] == ["mine"]


def test_no_verdict_ever_comes_from_a_single_seed() -> None:
    verdicts, _ = compare_with_published([paper_run(64.0)], published_results())
    assert verdicts
    assert {v.judgement for v in verdicts} <= {"not judged", "not comparable"}
