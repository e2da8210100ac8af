"""Specs: what may be written short, what is refused, and how."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.registry import dataset_names
from benchmarks.reference.published import published_results
from methods.registry import method_class
from orchestrator.errors import UserError
from orchestrator.reading.validation import Refused, validated
from orchestrator.reading.yaml_text import read_yaml
from orchestrator.spec.load import load_spec, spec_as_yaml
from orchestrator.spec.ready import ready_specs
from orchestrator.spec.spec import Spec

MINIMAL: dict[str, Any] = {
    "name": "mine",
    "datasets": ["pocket_dots"],
    "methods": ["zip"],
    "backbone": "pocket",
}


def load(tmp_path: Path, changes: dict[str, Any], overrides: tuple[str, ...] = ()) -> Spec:
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump({**MINIMAL, **changes}))
    return load_spec(str(path), overrides)


def test_defaults_are_the_papers(tmp_path: Path) -> None:
    spec = load(tmp_path, {})
    assert (spec.shots, spec.seeds, spec.budget, spec.batch_size) == ((16,), (1, 2, 3), 5000, 128)
    assert (spec.augmentation, spec.precision) == ("crop_flip", "fp32")
    assert spec.methods[0].settings["rank"] == 5
    assert spec.methods[0].settings["clip"] == "sqrt_dim"


def test_a_method_may_be_a_name_or_a_mapping(tmp_path: Path) -> None:
    methods = ["zip", {"name": "zip", "label": "loose", "clip": "none", "rank": 3}]
    spec = load(tmp_path, {"methods": methods})
    assert [m.label for m in spec.methods] == ["zip", "loose"]
    assert spec.methods[1].settings["clip"] == "none"


def test_a_variant_brings_its_defaults_and_leaves_the_rest_to_the_user(tmp_path: Path) -> None:
    methods = ["bptvlm@original", {"name": "bptvlm@original", "label": "mine", "population": 20}]
    original, mine = load(tmp_path, {"methods": methods}).methods
    assert (original.name, original.label) == ("bptvlm", "bptvlm@original")
    assert original.settings["population"] == 30
    assert mine.settings == {**original.settings, "population": 20}


def test_a_setting_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    twice = {"name": "bbt", "settings": {"population": 4}, "population": 5}
    with pytest.raises(UserError, match=r"bbt: population is given twice, in `settings` and"):
        load(tmp_path, {"methods": [twice]})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bbt", r"a variant is part of the name, such as name: bbt@craft; got variant: 'craft'"),
        ("mezo", r"a variant is part of the name, but mezo has none; got variant: 'craft'"),
    ],
)
def test_a_variant_as_a_field_is_told_where_it_belongs(
    tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        load(tmp_path, {"methods": [{"name": name, "variant": "craft"}]})


def test_a_method_may_have_its_own_batch_size(tmp_path: Path) -> None:
    methods = ["zip", {"name": "bar", "batch_size": 16}]
    spec = load(tmp_path, {"methods": methods})
    assert [m.batch_size for m in spec.methods] == [None, 16]
    assert "batch_size" not in spec.methods[1].settings


def test_an_own_dataset_is_declared_where_it_is_named(tmp_path: Path) -> None:
    own = {"name": "birds", "path": "some/birds", "templates": ["a photo of a {}, a bird."]}
    spec = load(tmp_path, {"datasets": ["pocket_dots", own]})
    assert spec.datasets == ("pocket_dots", "birds")
    assert [source.name for source in spec.own_datasets] == ["birds"]
    assert spec.own_datasets[0].path == str(Path("some/birds").absolute())
    copy = tmp_path / "copy.yaml"
    copy.write_text(spec_as_yaml(spec))
    assert load_spec(str(copy)) == spec


def test_every_part_of_zip_is_chosen_in_the_spec(tmp_path: Path) -> None:
    parts = {
        "matrix": "full",
        "diagonal": False,
        "shared": False,
        "projection": "dense",
        "perturbation": "rademacher",
        "optimiser": "spsa-gc",
        "pairs": 2,
        "step_schedule": "cosine",
        "smoothing_schedule": "constant",
    }
    (method,) = load(tmp_path, {"methods": [{"name": "zip", **parts}]}).methods
    assert parts.items() <= method.settings.items()


def test_the_papers_few_shot_comparison_comes_ready() -> None:
    spec = load_spec("few_shot")
    assert len(spec.datasets) == 13
    assert (spec.shots, spec.seeds, spec.budget) == ((16,), (1, 2, 3), 5000)
    assert spec.backbone.model == "ViT-B/16"


@pytest.mark.parametrize(
    "name", ["few_shot", "base_to_new", "cross_dataset", "out_of_distribution"]
)
def test_the_four_protocols_run_what_the_papers_code_ran(name: str) -> None:
    methods = {method.label: method for method in load_spec(name).methods}
    assert list(methods) == ["zero_shot", "bar", "blackvip", "bptvlm", "zip"]
    ran = {row.method: row.variant for row in published_results() if row.source[:3] == "ZIP"}
    for label, variant in ran.items():
        kind = method_class(label)
        changes = {} if variant == "defaults" else kind.variants[variant]
        settings = kind.settings_type.model_validate(changes).model_dump(mode="json")
        assert methods[label].settings == settings


def test_the_field_is_the_few_shot_comparison_with_more_methods() -> None:
    field, few_shot = load_spec("field"), load_spec("few_shot")
    methods = {method.label: method for method in field.methods}
    assert all(methods[method.label] == method for method in few_shot.methods)
    assert len(methods) > len(few_shot.methods)
    same = few_shot.model_copy(update={"name": "field", "methods": field.methods})
    assert field == same


def test_the_field_at_a_tenth_of_the_queries_differs_in_nothing_else() -> None:
    field, short = load_spec("field"), load_spec("field_500")
    assert short.budget == 500
    assert short.model_copy(update={"name": "field", "budget": 5000}) == field


def test_the_field_on_the_pocket_has_all_its_sets_and_no_weights_to_fetch() -> None:
    spec = load_spec("pocket_field")
    pocket = {name for name in dataset_names() if name.startswith("pocket_")}
    assert set(spec.datasets) == pocket
    assert len(pocket) == 7
    assert {100, 500, 2000} <= set(spec.evaluation.at)
    # Whatever runs the image tower for every query gets tiny mini-batches.
    assert {m.label for m in spec.methods if m.batch_size} >= {"bar", "blackvip_se", "bptvlm"}
    names = {method.name for method in load_spec("field").methods} - {"blackvip"}
    assert names == {method.name for method in spec.methods}


@pytest.mark.parametrize("name", ready_specs())
def test_ready_specs_are_valid_and_survive_a_round_trip(name: str, tmp_path: Path) -> None:
    spec = load_spec(name)
    copy = tmp_path / "copy.yaml"
    copy.write_text(spec_as_yaml(spec))
    assert load_spec(str(copy)) == spec


@given(budget=st.integers(1, 10**6), seeds=st.sets(st.integers(0, 99), min_size=1, max_size=5))
def test_overrides_win(budget: int, seeds: set[int]) -> None:
    spec = load_spec("demo", [f"budget={budget}", f"seeds={sorted(seeds)}"])
    assert spec.budget == budget
    assert set(spec.seeds) == seeds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budgett": 5}, "unknown field 'budgett'. Did you mean: budget"),
        ({"budget": 0}, "budget: expected a number of 1 or more, got 0"),
        ({"shots": [0]}, "shots"),
        ({"shots": []}, "at least one"),
        ({"seeds": [1, 1]}, "value 1 is given twice"),
        ({"datasets": ["pocket_dot"]}, "unknown dataset 'pocket_dot'. Did you mean: pocket_dots"),
        ({"datasets": ["pocket_dots", "pocket_dots"]}, "'pocket_dots' is given twice"),
        ({"datasets": []}, "datasets: expected at least one entry"),
        ({"datasets": [{"name": "birds"}]}, "datasets.0.path: is missing"),
        ({"datasets": [{"path": "x"}]}, " datasets.0.name: is missing"),
        ({"own_datasets": [{"path": "x"}]}, "own_datasets.0.name: is missing"),
        ({"datasets": [{"name": "dtd", "path": "x"}]}, "'dtd' has a known dataset's name"),
        ({"datasets": [{"name": "Birds", "path": "x"}]}, "datasets.0.name: expected lower-case le"),
        ({"datasets": [{"name": "b", "path": "ftp://x"}]}, "ftp:// is not supported"),
        ({"datasets": [{"name": "b", "path": "x", "template": "{}"}]}, "Did you mean: templates"),
        ({"datasets": [{"name": "b", "path": "x", "templates": ["a"]}]}, "exactly one .* got 'a'"),
        ({"methods": ["zipp"]}, "unknown method 'zipp'. Did you mean: zip"),
        ({"methods": [{"name": "zip", "rnk": 3}]}, "unknown field 'rnk'. Did you mean: rank"),
        (
            {"methods": [{"name": "zip", "answer": "label"}]},
            "field .answer.. Did you mean: answers",
        ),
        ({"methods": [{"name": "zip", "lable": "a"}]}, "field .lable.. Did you mean: label"),
        ({"methods": [{"rank": 3}]}, "a method needs a `name`"),
        ({"methods": ["bar@zip-prt"]}, "unknown method 'bar@zip-prt'. Did you mean: bar@zip-port"),
        (
            {"methods": [{"name": "bptvlm", "population": 1}]},
            "population: expected .* 2 or more",
        ),
        ({"methods": [{"name": "zip", "batch_size": 0}]}, "batch_size"),
        ({"methods": [{"name": "zip", "optimiser": "adam"}]}, "'spsa', 'spsa-gc' or 'spsa-clip'"),
        ({"methods": ["zip", "zip"]}, "label 'zip' is given twice: give each method a `label` of"),
        ({"methods": [{"name": "zip", "rank": 9}]}, "rank must be between 1 and 8"),
        ({"methods": [{"name": "zip", "clip": "sqrt"}]}, "clip"),
        ({"protocol": "fewshot"}, "unknown protocol 'fewshot'. Did you mean: few_shot"),
        ({"precision": "fp64"}, "precision"),
        ({"views": 4, "augmentation": "none"}, "views: 4 needs an augmentation"),
        ({"name": "a/b"}, "name"),
        ({"evaluation": {"pts": 1}}, "unknown field 'pts'. Did you mean: points"),
        ({"evaluation": {"at": [100, 50]}}, r"expected ascending numbers, got \[100, 50\]"),
        ({"evaluation": {"at": [100, 100]}}, r"expected ascending numbers, got \[100, 100\]"),
        ({"evaluation": {"at": [0, 100]}}, "evaluation.at.0: expected a number of 1 or more"),
        ({"evaluation": {"at": [100, 9000]}}, "9,000 queries are never reached with a budget of 5"),
        ({"evaluation": {"images": 0}}, "evaluation.images: expected a number of 1 or more, got 0"),
        (
            {"evaluation": {"images": -1}},
            "evaluation.images: expected a number of 1 or more, got -",
        ),
        (
            {"evaluation": {"images": "all"}},
            "evaluation.images: expected a whole number, got 'all'",
        ),
        ({"evaluation": {"images": 0.5}}, "evaluation.images: expected a whole number, got 0.5"),
        ({"evaluation": {"images": True}}, "evaluation.images: expected a number, got true"),
        ({"evaluation": {"imags": 9}}, "unknown field 'imags'. Did you mean: images"),
        ({"report": {"target_gain": 5, "target_accuracy": 50}}, "not both"),
        ({"report": {"reference": "zpi"}}, "'zpi' is no method's label. Did you mean: zip"),
        ({"report": {"against": ["zip"]}}, "names methods to test a `reference` against: give one"),
        ({"report": {"reference": "zip", "against": ["zip"]}}, "'zip' is the reference itself"),
        ({"report": {"reference": "zip", "against": ["bra"]}}, "'bra' is no method's label"),
        ({"report": {"at": [100, 50]}}, r"expected ascending numbers, got \[100, 50\]"),
        ({"report": {"at": [9000]}}, "report.at: 9,000 queries are never reached with a budget of"),
        ({"report": {"gains": [0]}}, "a number above 0"),
        ({"report": {"price": {"per_1000_query": 1}}}, "Did you mean: per_1000_queries"),
        ({"backbone": {"modle": "pocket"}}, "unknown field 'modle'. Did you mean: model"),
        ({"budget": True}, "budget: expected a number, got true"),
        ({"seeds": [1, False]}, "seeds.1: expected a number, got false"),
        ({"methods": [{"name": "zip", "rank": True}]}, "rank: expected a number, got true"),
        ({"budget": 2**63}, "budget: expected a number of 1,000,000,000 or less"),
        ({"seeds": [2**64]}, "seeds.0: expected a number below 9,223,372,036,854,775,808"),
        ({"seeds": 1}, r"seeds: expected a list, such as \[1\], got 1"),
        ({"seeds": "1-3"}, r"seeds: expected a list, such as \[1, 2, 3\], got '1-3'"),
        ({"methods": "zip"}, r"methods: expected a list, such as \[zip\], got 'zip'"),
        ({"methods": "zip, bar@zip-port"}, r"such as \[zip, bar@zip-port\], got "),
        ({"datasets": "-dtd -svhn"}, "or lines that begin with a dash and a blank, got '-dtd -sv"),
        ({"datasets": ["./birds"]}, r"is an entry of a spec, such as \{.*\"path\": \"./birds\"\}"),
        (
            {"datasets": ["pocket_dots", {"name": "b", "path": "x", "templates": "a {}"}]},
            r"datasets.1.templates: expected a list, such as \[\"a \{\}\"\], got 'a \{\}'",
        ),
        ({"report": {"target_gain": math.inf}}, "target_gain: expected a finite number, got inf"),
        ({"methods": [{"name": "zip", "step_size": math.nan}]}, "expected a finite number"),
        ({"methods": [{"name": "zip", "clip": [1]}]}, "clip: expected 'none' or 'sqrt_dim' or a n"),
        ({"methods": [5]}, "methods.0: expected a method's name, or a mapping of `name`"),
        ({"methods": [{"name": ["zip"]}]}, "methods.0: a method needs a `name`"),
        ({"methods": [{"name": "zip", "settings": 5}]}, "expected `settings` as a mapping, got 5"),
        ({"methods": [{"name": "zip", "label": True}]}, "Put quotes around yes, no, on and off"),
        ({"methods": [{"name": "zip", "label": "a\nb"}]}, r"holds U\+000A, which can't be shown"),
        ({"evaluation": 5}, "evaluation: expected a mapping of fields"),
        ({"own_datasets": 5}, "own_datasets: expected a list"),
        ({"name": "x" * 101}, "name: expected at most 100 characters"),
    ],
)
def test_mistakes_are_explained(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        load(tmp_path, changes)


def test_a_boolean_is_complained_of_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        load(tmp_path, {"methods": [{"name": "zip", "clip": False}]})
    assert str(error.value).count("expected") == 1
    assert "'none' or 'sqrt_dim' or a number above 0" in str(error.value)


@given(st.text() | st.integers(-9, 9) | st.from_regex(r"[\w, .@-]{1,20}", fullmatch=True))
@settings(max_examples=60, deadline=None)
def test_a_list_that_is_suggested_for_a_single_value_is_one(value: str | int) -> None:
    with pytest.raises(Refused) as error:
        validated(OwnDataset, {"name": "birds", "path": "x", "templates": value})
    found = re.search(r"such as (\[.*\])(, or lines .*)?, got ", str(error.value))
    assert found is None or isinstance(read_yaml(found[1]), list)
    assert found or "...," in str(error.value)


def test_a_refused_entry_is_the_only_complaint(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        load(tmp_path, {"methods": ["zipp"]})
    assert "at least one entry" not in str(error.value)


def test_an_unknown_spec_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean: demo"):
        load_spec("demmo")


@pytest.mark.parametrize("content", ["[1, 2]", "a: [", "- x"])
def test_files_that_are_no_mapping_are_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(content)
    with pytest.raises(UserError, match=r"spec\.yaml"):
        load_spec(str(path))
