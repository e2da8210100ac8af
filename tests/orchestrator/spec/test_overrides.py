"""`--set` changes what it names and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.errors import UserError
from orchestrator.spec.overrides import apply_overrides

DOCUMENT: dict[str, Any] = {
    "budget": 5000,
    "backbone": "pocket",
    "methods": ["zero_shot", {"name": "zip", "rank": 5}],
}


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("budget=500", ["budget"], 500),
        ("datasets=[a, b]", ["datasets"], ["a", "b"]),
        ("evaluation.points=10", ["evaluation", "points"], 10),
        ("methods.1.clip=none", ["methods", 1, "clip"], "none"),
        ("methods.1.rank=2", ["methods", 1, "rank"], 2),
        ("methods.0.templates=ensemble", ["methods", 0, "templates"], "ensemble"),
        ("backbone.pretrained=random", ["backbone", "pretrained"], "random"),
    ],
)
def test_the_named_field_is_set(override: str, path: list[str | int], value: object) -> None:
    node: Any = apply_overrides(DOCUMENT, [override])
    for part in path:
        node = node[part]
    assert node == value


def test_a_name_becomes_a_mapping_that_keeps_the_name() -> None:
    changed = apply_overrides(DOCUMENT, ["methods.0.label=zs", "backbone.pretrained=openai"])
    assert changed["methods"][0] == {"name": "zero_shot", "label": "zs"}
    assert changed["backbone"] == {"model": "pocket", "pretrained": "openai"}


def test_the_document_is_left_as_it_was() -> None:
    apply_overrides(DOCUMENT, ["methods.1.rank=1", "budget=1"])
    assert DOCUMENT["budget"] == 5000
    assert DOCUMENT["methods"][1]["rank"] == 5


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("budget", "expected field=value"),
        ("=5", "expected field=value"),
        ("methods.7.rank=1", "a number from 0 to 1"),
        ("methods.zip.rank=1", "a number from 0 to 1"),
        ("datasets=[a", "not YAML"),
        ("budget.deep.er=1", "no further field"),
    ],
)
def test_overrides_that_lead_nowhere_are_refused(override: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        apply_overrides(DOCUMENT, [override])
