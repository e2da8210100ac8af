"""`--set` changes what it names and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.errors import UserError
from orchestrator.spec.overrides import apply_overrides, typed_places

DOCUMENT: dict[str, Any] = {
    "budget": 5000,
    "backbone": "pocket",
    "only": ["a"],
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
        ("methods.zip.rank=2", ["methods", 1, "rank"], 2),
        ("methods.zero_shot.templates=own", ["methods", 0, "templates"], "own"),
        ("only.a=b", ["only", 0], "b"),
        ("methods.0.templates=ensemble", ["methods", 0, "templates"], "ensemble"),
        ("backbone.pretrained=random", ["backbone", "pretrained"], "random"),
        ("budget=1e3", ["budget"], 1000.0),
        ("report.reference=a=b", ["report", "reference"], "a=b"),
        ("report.reference=größer", ["report", "reference"], "größer"),
        ("budget=", ["budget"], None),
        ("answers=label", ["answers"], "label"),
        ("answers.top=5", ["answers"], {"top": 5}),
        ("methods.0.answers.digits=2", ["methods", 0, "answers"], {"digits": 2}),
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


def test_a_kind_of_answer_becomes_a_mapping_that_keeps_the_kind() -> None:
    changed = apply_overrides({"answers": "log_probabilities"}, ["answers.digits=2"])
    assert changed == {"answers": {"kind": "log_probabilities", "digits": 2}}


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
        ("methods.zipp.rank=1", "a number from 0 to 1, or a name. Did you mean: zip?"),
        ("only.1=a", "at '1' expected 0, the list's only entry, or a name. Known: a."),
        ("datasets=[a", "not YAML"),
        ("budget.deep.er=1", "no further field"),
        ("methods.-1.rank=1", "a number from 0 to 1"),
        ("methods.\u00b2.rank=1", "a number from 0 to 1"),
        ("methods.99999999999999999999.rank=1", "a number from 0 to 1"),
        ("methods.=1", "expected field=value"),
        ("budget={a: 1, a: 2}", "'a' is given twice, in line 1"),
        ("budget=010", "octal"),
        ("x" * 1000, "^.{0,150}$"),
    ],
)
def test_overrides_that_lead_nowhere_are_refused(override: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        apply_overrides(DOCUMENT, [override])


def test_of_two_overrides_of_a_path_the_later_wins() -> None:
    assert apply_overrides(DOCUMENT, ["budget=1", "budget=3"])["budget"] == 3


def test_a_path_of_any_depth_is_no_trouble() -> None:
    deep = apply_overrides({}, [".".join(["a"] * 5000) + "=1"])
    for _ in range(4999):
        deep = deep["a"]
    assert deep == {"a": 1}


def test_a_label_stands_before_a_name_and_may_hold_dots() -> None:
    methods = [{"name": "zip", "label": "zip v1.2"}, {"name": "zip"}]
    changed = apply_overrides(
        {"methods": methods}, ["methods.zip v1.2.rank=3", "methods.zip.rank=4"]
    )
    assert [method["rank"] for method in changed["methods"]] == [3, 4]


def test_a_name_that_several_entries_have_is_refused() -> None:
    with pytest.raises(UserError, match="several entries are called 'zip': give a number, 0 or 2"):
        apply_overrides({"methods": ["zip", "bar", {"name": "zip"}]}, ["methods.zip.rank=3"])


def test_places_are_told_as_they_were_typed() -> None:
    typed = typed_places(DOCUMENT, ["methods.zip.answers.top=3", "methods.zip=bar"])
    assert typed["methods.1.answers.top"] == "methods.zip.answers.top"
    assert typed["methods.1"] == "methods.zip"
