"""Runs in the ZIP paper's setting, with whole cells, and the published rows for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from benchmarks.reference.published import PublishedResult, published_results
from methods.registry import method_variant
from orchestrator.analysis.runs import Run
from orchestrator.cell import Cell
from tests.orchestrator.analysis.builders import make_run


def paper_run(
    accuracy: float,
    seed: int = 1,
    *,
    method: str = "zip",
    label: str = "",
    changes: Mapping[str, Any] = MappingProxyType({}),
) -> Run:
    """A run in the ZIP paper's setting on EuroSAT, or with some of its cell changed.

    `method` may name a variant.
    """
    kind, variant = method_variant(method)
    trains = kind.trains
    run = make_run(
        [(0, 30.0), (5000, accuracy)] if trains else [(0, accuracy)],
        dataset="eurosat",
        method=label or method,
        seed=seed if trains else 0,
        shots=16 if trains else 0,
    )
    settings = kind.settings_type.model_validate(variant).model_dump(mode="json")
    cell = Cell.model_validate(
        {
            "protocol": "few_shot",
            "dataset": "eurosat",
            "shots": run.shots,
            "seed": run.seed,
            "method": {"name": kind.name, "settings": settings},
            "backbone": "tag:ViT-B-16-quickgelu/openai",
            "budget": 5000 if trains else 0,
            "batch_size": 128 if trains else 0,
            "precision": "fp32",
            "augmentation": "crop_flip" if trains else "none",
            "evaluation": {"points": 20},
        }
    )
    provenance = {"backbone": "ViT-B/16", "dataset_remark": ""}
    whole = {**cell.model_dump(mode="json"), **changes}
    return replace(run, trace=replace(run.trace, cell=whole, provenance=provenance))


def row_of(method: str, dataset: str) -> PublishedResult:
    """The ZIP paper's figure on a method and dataset; for zero-shot, the table that cites it."""
    place = "SharpZO" if method == "zero_shot" else "ZIP, ICLR 2025"
    return next(
        row
        for row in published_results()
        if (row.method, row.dataset, row.backbone, row.unit) == (method, dataset, "ViT-B/16", "%")
        and row.source.startswith(place)
    )
