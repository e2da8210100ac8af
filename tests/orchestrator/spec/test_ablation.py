"""Ablations in a spec: one varied field, several, or all combinations; and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.answers import Answers
from orchestrator.errors import UserError
from orchestrator.spec.arm import Arm
from orchestrator.spec.load import load_spec, spec_as_yaml
from orchestrator.spec.spec import Spec

MINIMAL: dict[str, Any] = {"name": "mine", "datasets": ["pocket_dots"], "backbone": "pocket"}


def load(tmp_path: Path, ablation: dict[str, Any], **changes: Any) -> Spec:
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump({**MINIMAL, "ablation": ablation, **changes}))
    return load_spec(str(path))


def by_label(spec: Spec) -> dict[str, Arm]:
    return {arm.label: arm for arm in spec.arms}


def test_one_field_is_varied_and_the_rest_is_the_bases(tmp_path: Path) -> None:
    base = {"name": "zip", "rank": 3}
    arms = by_label(load(tmp_path, {"base": base, "vary": {"clip": ["none", 1, "sqrt_dim"]}}))
    assert list(arms) == ["zip", "zip[clip=none]", "zip[clip=1]", "zip[clip=sqrt_dim]"]
    assert {arm.method.settings["rank"] for arm in arms.values()} == {3}
    assert arms["zip[clip=1]"].method.settings["clip"] == 1
    assert arms["zip"].method == arms["zip[clip=sqrt_dim]"].method.model_copy(
        update={"label": "zip"}
    )


def test_several_fields_are_varied_one_at_a_time(tmp_path: Path) -> None:
    spec = load(tmp_path, {"base": "zip", "vary": {"rank": [1, 3], "shared": [False]}})
    assert list(by_label(spec)) == ["zip", "zip[rank=1]", "zip[rank=3]", "zip[shared=false]"]
    assert [point.label for point in spec.arms[0].ablation_points] == [
        "zip[rank=5]",
        "zip[shared=true]",
    ]
    assert all(point.is_base for point in spec.arms[0].ablation_points)


def test_every_combination_runs_when_asked_for(tmp_path: Path) -> None:
    vary = {"rank": [1, 3], "shared": [True, False]}
    arms = by_label(load(tmp_path, {"base": "zip", "vary": vary, "product": True}))
    assert len(arms) == 1 + 2 * 2
    both = arms["zip[rank=3, shared=false]"].method.settings
    assert (both["rank"], both["shared"]) == (3, False)


def test_a_product_may_hold_values_that_are_impossible_alone(tmp_path: Path) -> None:
    vary: dict[str, Any] = {"context_tokens": [2], "rank": [1, 2]}
    assert len(load(tmp_path, {"base": "zip", "vary": vary, "product": True}).arms) == 3
    arms = by_label(load(tmp_path, {"base": "zip", "vary": vary}))
    impossible = arms.pop("zip[context_tokens=2]").impossible
    assert impossible.startswith("context_tokens = 2 is impossible here: rank must be")
    assert not any(arm.impossible for arm in arms.values())


def test_budget_shots_mini_batch_and_backbone_are_varied_too(tmp_path: Path) -> None:
    vary = {
        "budget": [100],
        "shots": [4],
        "batch_size": [32],
        "backbone": ["RN50", {"model": "ViT-B-16-quickgelu", "pretrained": "random"}],
    }
    arms = by_label(load(tmp_path, {"base": {"name": "zip", "batch_size": 64}, "vary": vary}))
    base = arms["zip"].conditions
    assert (base.budget, base.shots, base.batch_size, base.backbone.model) == (
        5000, 16, 64, "pocket",
    )  # fmt: skip
    assert arms["zip[budget=100]"].conditions == base.model_copy(update={"budget": 100})
    assert arms["zip[shots=4]"].conditions == base.model_copy(update={"shots": 4})
    assert arms["zip[batch_size=32]"].conditions == base.model_copy(update={"batch_size": 32})
    assert arms["zip[backbone=RN50]"].conditions.backbone.model == "RN50"
    other = arms["zip[backbone=ViT-B-16-quickgelu random]"]
    assert other.conditions.backbone.pretrained == "random"
    assert not any(s.tuned for arm in arms.values() for p in arm.ablation_points for s in p.values)


def test_answers_are_varied_and_named_in_words(tmp_path: Path) -> None:
    values = ["logits", {"kind": "log_probabilities", "digits": 2}, {"top": 5}, "label"]
    spec = load(tmp_path, {"base": "zip", "vary": {"answers": values}})
    arms = by_label(spec)
    assert list(arms) == [
        "zip",
        "zip[answers=logits]",
        "zip[answers=log-probabilities, 2 digits]",
        "zip[answers=top 5]",
        "zip[answers=label]",
    ]
    assert arms["zip[answers=top 5]"].conditions.answers == Answers(kind="top", top=5)
    assert arms["zip[answers=logits]"].conditions == arms["zip"].conditions
    points = [value for arm in arms.values() for p in arm.ablation_points for value in p.values]
    assert not any(value.tuned or value.number is not None for value in points)


def test_a_base_may_have_answers_of_its_own(tmp_path: Path) -> None:
    base = {"name": "zip", "answers": "label"}
    arms = by_label(load(tmp_path, {"base": base, "vary": {"answers": ["logits"], "rank": [1]}}))
    given = {label: str(arm.conditions.answers) for label, arm in arms.items()}
    assert given == {"zip": "label", "zip[answers=logits]": "logits", "zip[rank=1]": "label"}


def test_several_bases_each_have_their_own_sweep(tmp_path: Path) -> None:
    bases = ["zip", {"name": "bbt", "label": "cma"}]
    spec = load(tmp_path, {"base": bases, "vary": {"answers": ["label"], "budget": [100]}})
    assert list(by_label(spec)) == [
        "zip", "zip[answers=label]", "zip[budget=100]",
        "cma", "cma[answers=label]", "cma[budget=100]",
    ]  # fmt: skip
    copy = tmp_path / "copy.yaml"
    copy.write_text(spec_as_yaml(spec))
    assert load_spec(str(copy)) == spec
    changed = load_spec(str(copy), ["ablation.base.1.settings.dimension=20"])
    assert by_label(changed)["cma[budget=100]"].method.settings["dimension"] == 20
    both = {"reference": "cma", "against": ["zip"]}
    assert load(tmp_path, {"base": bases, "vary": {"budget": [9]}}, report=both).report.against


def test_named_values_know_the_number_they_stand_for(tmp_path: Path) -> None:
    vary = {"clip": ["none", 0.1, "sqrt_dim"], "perturbation": ["gaussian"]}
    arms = by_label(load(tmp_path, {"base": "zip", "vary": vary}))
    numbers = {
        s.title: s.number for arm in arms.values() for p in arm.ablation_points for s in p.values
    }
    assert numbers["clip=sqrt_dim"] == pytest.approx(math.sqrt(417))
    assert numbers["clip=none"] == math.inf
    assert numbers["clip=0.1"] == 0.1
    assert numbers["perturbation=gaussian"] is None


def test_an_ablation_survives_a_round_trip_and_takes_overrides(tmp_path: Path) -> None:
    spec = load(tmp_path, {"base": "zip", "vary": {"clip": ["none", 1]}}, methods=["zero_shot"])
    copy = tmp_path / "copy.yaml"
    copy.write_text(spec_as_yaml(spec))
    assert load_spec(str(copy)) == spec
    changed = load_spec(str(copy), ["ablation.vary.clip=[7]", "ablation.base.settings.rank=2"])
    assert [arm.label for arm in changed.arms] == ["zero_shot", "zip", "zip[clip=7]"]
    assert changed.arms[2].method.settings["rank"] == 2


@pytest.mark.parametrize(
    ("ablation", "message"),
    [
        ({"base": "zip"}, "ablation.vary: is missing"),
        ({"base": "zip", "vary": {}}, "ablation.vary"),
        ({"base": "zip", "vary": {"rnk": [1]}}, "unknown field 'rnk'. Did you mean: rank"),
        ({"base": "zip", "vary": {"bugdet": [1]}}, "unknown field 'bugdet'. Did you mean: budget"),
        ({"base": "zip", "vary": {"rank": []}}, "vary.rank: needs at least one value"),
        ({"base": "zip", "vary": {"rank": [0]}}, "rank = 0 is impossible here: .*of 1 or more"),
        ({"base": "zip", "vary": {"rank": [9, 9]}}, "value 9 is given twice"),
        ({"base": "zip", "vary": {"budget": [0]}}, "budget = 0 is impossible here: .*of 1 or more"),
        ({"base": "zip", "vary": {"rank": [1, 1]}}, "value 1 is given twice"),
        ({"base": "zip", "vary": {"clip": [1, 1.0]}}, "value 1 is given twice"),
        ({"base": "zipp", "vary": {"rank": [1]}}, "ablation.base: unknown method 'zipp'. Did you"),
        (
            {"base": ["zip", "btt"], "vary": {"budget": [1]}},
            "ablation.base.1: unknown method 'btt'. Did you mean: bbt",
        ),
        ({"base": ["zip", "zip"], "vary": {"budget": [1]}}, "label 'zip' is given twice"),
        ({"base": [], "vary": {"budget": [1]}}, "ablation.base: expected at least one entry"),
        ({"base": ["zip", "bbt"], "vary": {"rank": [1]}}, "unknown field 'rank' of bbt"),
        ({"base": "zip", "vary": {"answer": [1]}}, "unknown field 'answer'. Did you mean: answers"),
        (
            {"base": "zip", "vary": {"answers": ["labels"]}},
            "answers = labels is impossible here: .*got 'labels'. Did you mean: label",
        ),
        (
            {"base": "zip", "vary": {"answers": [{"top": 0}]}},
            "answers = {top: 0} is impossible here: answers.top: expected a number of 1 or more",
        ),
        (
            {"base": "zip", "vary": {"answers": ["label", {"kind": "label"}]}},
            "vary.answers: value label is given twice",
        ),
        ({"base": "zip", "varry": {"rank": [1]}}, "unknown field 'varry'. Did you mean: vary"),
        (
            {"base": {"name": "zip", "optimiser": "spsa"}, "vary": {"clip": [1, 2]}},
            "vary.clip: makes no difference, .* every value means none",
        ),
    ],
)
def test_mistakes_are_explained(ablation: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        load(tmp_path, ablation)


def test_an_ablation_has_one_number_of_shots_and_a_label_of_its_own(tmp_path: Path) -> None:
    ablation = {"base": "zip", "vary": {"rank": [1]}}
    with pytest.raises(UserError, match=r"a single number of shots.*vary `shots`"):
        load(tmp_path, ablation, shots=[1, 4])
    with pytest.raises(UserError, match="another method has the label 'zip'"):
        load(tmp_path, ablation, methods=[{"name": "zip", "clip": "none"}])
    assert load(tmp_path, ablation, methods=["zip"]).arms[0].label == "zip"
    with pytest.raises(UserError, match=r"the label 'zip\[rank=1\]' stands for two"):
        load(tmp_path, ablation, methods=[{"name": "bar", "label": "zip[rank=1]"}])


def test_a_product_may_hold_combinations_that_mean_the_same(tmp_path: Path) -> None:
    vary = {"optimiser": ["spsa"], "clip": [1, 2]}
    arms = load(tmp_path, {"base": "zip", "vary": vary, "product": True}).arms
    assert [arm.label for arm in arms[1:]] == ["zip[clip=none, optimiser=spsa]"] * 2


def test_a_spec_needs_something_to_run(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump(MINIMAL))
    with pytest.raises(UserError, match="give at least one method, or an ablation"):
        load_spec(str(path))


def test_long_lists_have_short_labels_that_differ(tmp_path: Path) -> None:
    first = [f"a drawing of a {{}} in style {n}." for n in range(2000)]
    vary = {"proposals": [first, [*first[:-1], "a {}."], ["a {}.", "the {}."]]}
    labels = list(by_label(load(tmp_path, {"base": "template_search", "vary": vary})))
    assert len(set(labels)) == 4
    assert labels[1].startswith("template_search[proposals=2,000 values ")
    assert labels[3] == "template_search[proposals=['a {}.', 'the {}.']]"
    assert max(map(len, labels)) < 80
