"""A run is compared with a published number only if its whole cell is the experiment behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.reference.published import PublishedResult, published_results
from methods.registry import method_classes
from orchestrator.analysis.comparability import LEFT_OUT, incomparable, published_cell, unrelated
from orchestrator.analysis.runs import Run
from orchestrator.cell import Cell
from tests.orchestrator.analysis.paper_runs import paper_run, row_of

ZIP = row_of("zip", "eurosat")
CHANGES: Mapping[str, tuple[Any, str]] = {
    "shots": (8, "another number of shots: 16 there, 8 here"),
    "method": ({"name": "zip", "settings": {"rank": 3}}, "other settings: rank=3 here, 5 there"),
    "backbone": ("sha256:00", "other weights: OpenAI's ViT-B/16 there, sha256:00 here"),
    "budget": (1000, "another budget: 5,000 queries there, 1,000 here"),
    "batch_size": (64, "another mini-batch: 128 there, 64 here"),
    "precision": ("bf16", "another precision: only fp32 is comparable, bf16 here"),
    "augmentation": ("none", "another augmentation: crop_flip there, none here"),
    "views": (8, "another number of views encoded ahead: 0 there, 8 here"),
    "blind": (True, "another blind: False there, True here"),
    "answers": ({"kind": "top", "top": 5}, "another kind of answer: logits there, top 5 here"),
    "source": ({"dataset": "dtd", "key": "ab"}, "another source: None there, dtd here"),
}
"""Every field of a cell that matters, changed, and what is said then."""


def test_the_papers_setting_is_comparable_with_the_papers_figure() -> None:
    assert incomparable(paper_run(64.0), ZIP) == ""


@pytest.mark.parametrize("field", Cell.model_fields)
def test_every_field_of_a_cell_matters_or_has_its_reason(field: str) -> None:
    if field not in CHANGES:
        assert len(LEFT_OUT[field]) > 10
        return
    value, reason = CHANGES[field]
    found = incomparable(paper_run(64.0, changes={field: value}), ZIP)
    assert found.startswith(reason)


@pytest.mark.parametrize("value", [3, None, "new"])
def test_a_field_that_nobody_has_thought_of_makes_runs_incomparable(value: object) -> None:
    run = paper_run(64.0, changes={"temperature": value})
    assert incomparable(run, ZIP) == f"another temperature: unknown there, {value} here"


def test_a_field_that_was_not_recorded_is_not_taken_for_the_published_one() -> None:
    run = paper_run(64.0)
    cell = {name: value for name, value in run.trace.cell.items() if name != "precision"}
    assert "only fp32" in incomparable(replace(run, trace=replace(run.trace, cell=cell)), ZIP)


@pytest.mark.parametrize("precision", ["tf32", "bf16", "fp16"])
@pytest.mark.parametrize("name", ["zip", "blackvip", "bar@zip-port", "zero_shot"])
def test_no_other_precision_is_what_was_published(name: str, precision: str) -> None:
    row = row_of(name.partition("@")[0], "eurosat")
    assert incomparable(paper_run(50.0, method=name), row) == ""
    run = paper_run(50.0, method=name, changes={"precision": precision})
    assert incomparable(run, row).startswith("another precision: only fp32 is comparable")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bar@zip-port", ""),
        ("bar", "other settings: decay_epochs=None here, 1000 there (bar@zip-port)"),
        ("bptvlm@zip-port", ""),
        ("bptvlm", "other settings: shared_batches=True here, False there, best=fitness here"),
        ("bptvlm@original", "other settings: context_tokens=8 here, 5 there"),
        ("blackvip", ""),
        ("zip", ""),
    ],
)
def test_the_zip_papers_figure_is_of_what_its_code_ran(name: str, reason: str) -> None:
    row = row_of(name.partition("@")[0], "eurosat")
    found = incomparable(paper_run(50.0, method=name), row)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_a_setting_that_a_key_leaves_out_is_compared_by_its_default() -> None:
    row = row_of("bptvlm", "eurosat")
    run = paper_run(50.0, method="bptvlm@zip-port")
    settings = {**run.trace.cell["method"]["settings"]}
    del settings["transferred"]
    cell = {**run.trace.cell, "method": {"name": "bptvlm", "settings": settings}}
    found = incomparable(replace(run, trace=replace(run.trace, cell=cell)), row)
    assert found == "other settings: transferred=best here, last there (bptvlm@zip-port)"


@pytest.mark.parametrize("variant", ["", "of-a-later-release"])
def test_settings_that_are_unknown_here_are_never_taken_for_ours(variant: str) -> None:
    row = replace(ZIP, variant=variant)
    assert "settings unknown" in incomparable(paper_run(64.0), row)


def test_settings_that_a_source_does_not_state_are_never_taken_for_ours() -> None:
    notes = next(
        r
        for r in published_results()
        if (r.source[:4], r.method, r.dataset, r.backbone)
        == ("AReS", "zero_shot", "eurosat", "ViT-B/16")
    )
    assert "settings unknown" in incomparable(paper_run(47.9, method="zero_shot"), notes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"backbone": "RN50"}, "another backbone: RN50 there, ViT-B/16 here"),
        ({"backbone": "GPT-4o"}, "another backbone: GPT-4o there, ViT-B/16 here"),
        (
            {"cost": 20000, "cost_unit": "steps", "queries": None},
            "another unit of cost: 20,000 steps there, 5,000 queries here",
        ),
        (
            {"cost": 20000, "cost_unit": "steps", "queries": 839000},
            "20,000 steps there (about 839,000 queries), 5,000 queries here",
        ),
        (
            {"cost": 8000, "cost_unit": "whole-set evaluations", "queries": 10000},
            "8,000 whole-set evaluations there (10,000 queries), 5,000 queries here",
        ),
        (
            {"cost": 4000, "cost_unit": "whole-set evaluations", "queries": 5000},
            "another unit of cost: 4,000 whole-set evaluations there (5,000 queries), 5,000",
        ),
        ({"cost": 10000, "queries": 10000}, "another budget: 10,000 queries there, 5,000 here"),
        ({"cost": None, "cost_unit": "unlimited", "queries": None}, "unlimited queries there"),
        (
            {"cost": None, "cost_unit": "unknown", "queries": None},
            "cost unknown: the source does not state it",
        ),
        ({"unit": "minutes"}, "another unit: minutes"),
        ({"shots": 4}, "another number of shots"),
        ({"caveat": "other test sets"}, "other test sets"),
        ({"protocol": "cross_dataset"}, "another source: imagenet there, None here"),
    ],
)
def test_another_published_setting_is_named(changes: dict[str, Any], reason: str) -> None:
    row: PublishedResult = replace(ZIP, **changes)
    assert reason in incomparable(paper_run(64.0), row)


@pytest.mark.parametrize(
    ("changes", "far"),
    [
        ({}, False),
        ({"cost": 20000, "cost_unit": "steps"}, False),
        ({"variant": ""}, False),
        ({"backbone": "RN50"}, True),
        ({"backbone": "GPT-4o"}, True),
        ({"shots": 4}, True),
        ({"unit": "minutes"}, True),
        ({"caveat": "other test sets"}, True),
    ],
)
def test_what_tells_nothing_beside_a_run_is_unrelated(changes: dict[str, Any], far: bool) -> None:
    assert unrelated(paper_run(64.0), replace(ZIP, **changes)) == far


def test_other_weights_of_the_same_model_are_related() -> None:
    run = paper_run(64.0, changes={"backbone": "random:ViT-B-16-quickgelu"})
    provenance = {**run.trace.provenance, "backbone": "ViT-B-16-quickgelu"}
    assert not unrelated(replace(run, trace=replace(run.trace, provenance=provenance)), ZIP)


def test_weights_are_told_by_their_digest_and_not_by_their_label() -> None:
    def run(digest: str, label: str = "ViT-B/16") -> Run:
        made = paper_run(64.0, changes={"backbone": digest})
        provenance = {**made.trace.provenance, "backbone": label}
        return replace(made, trace=replace(made.trace, provenance=provenance))

    official = "sha256:5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f"
    assert incomparable(run("tag:ViT-B-16-quickgelu/openai", "ViT-B-16-quickgelu"), ZIP) == ""
    for label in ("ViT-B/16", "ViT-B-16-quickgelu"):
        assert incomparable(run(official, label), ZIP) == "", "OpenAI's own file"
    assert "another backbone" in incomparable(run(official, "ViT-B-16"), ZIP), "perhaps with GELU"
    assert incomparable(run(f"{official}/ViT-B-16-quickgelu", "ViT-B-16-quickgelu"), ZIP) == ""
    assert incomparable(run(f"{official}/ViT-B-16-quickgelu"), ZIP) == ""
    assert "another backbone" in incomparable(run(f"{official}/ViT-B-16", "ViT-B-16"), ZIP)
    assert "other weights" in incomparable(run(f"{official}/ViT-B-16"), ZIP)
    for other in ("tag:ViT-B-16-quickgelu/dfn2b", "random:ViT-B-16-quickgelu"):
        assert incomparable(run(other), ZIP).startswith("other weights: OpenAI's ViT-B/16 there")


def test_an_own_dataset_is_never_compared_whatever_its_name() -> None:
    run = paper_run(64.0)
    provenance = {**run.trace.provenance, "own_dataset": True}
    own = replace(run, trace=replace(run.trace, provenance=provenance))
    assert incomparable(own, ZIP) == "your own dataset, not the published one"


def test_a_remark_on_the_data_leaves_no_verdict() -> None:
    run = paper_run(64.0)
    remark = "eurosat: split_zhou_EuroSAT.json is missing: own split"
    provenance = {**run.trace.provenance, "dataset_remark": remark}
    own = replace(run, trace=replace(run.trace, provenance=provenance))
    assert incomparable(own, ZIP) == remark


def test_every_row_of_a_method_that_is_here_has_its_cell() -> None:
    rows = [row for row in published_results() if row.method in method_classes()]
    assert len(rows) > 200
    for row in rows:
        cell = published_cell(row)
        assert (cell.shots > 0) == (cell.batch_size > 0) == (cell.augmentation == "crop_flip")
