"""Answers in a plan: part of cells that train, refused by name, and said where they tell all."""

from __future__ import annotations

from pathlib import Path

import pytest

from methods.interface import Access
from methods.zip import Zip, ZipSettings
from orchestrator.answers import ALL, AnswerKind, Answers
from orchestrator.cli.plan_view import show_plan
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.plan.pricing import Pricing
from orchestrator.plan.recall.blanks import Blanks
from orchestrator.plan.skipped import skipped
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.verbs import shown

LABEL = Answers(kind="label")


def planned(folder: Path, *overrides: str, blind: bool = False) -> Plan:
    fixed = ("datasets=[pocket_dots]", "seeds=[1]", "shots=[4]", "budget=100")
    spec = load_spec("demo", (*fixed, "methods=[zero_shot, zip, craft]", *overrides))
    return make_plan(spec, Store(LocalStorage(folder / "store")), folder / "data", blind=blind)


def answers_of(plan: Plan) -> dict[str, Answers]:
    return {cell.label: cell.cell.answers for cell in plan.cells}


def test_cells_that_train_have_the_specs_answers_and_others_the_default(tmp_path: Path) -> None:
    plan = planned(tmp_path, "answers.top=3")
    three = Answers(kind="top", top=3)
    assert answers_of(plan) == {"zero_shot": ALL, "zip": three, "craft": three}


def test_a_method_may_have_its_own(tmp_path: Path) -> None:
    methods = "methods=[zero_shot, {name: zip, answers: logits}, craft]"
    found = answers_of(planned(tmp_path, "answers={top: 3}", methods))
    assert (found["zip"], str(found["craft"])) == (ALL, "top 3")
    one = planned(tmp_path, "methods=[{name: zero_shot, answers: label}]")
    assert answers_of(one) == {"zero_shot": ALL}


def test_the_default_leaves_keys_alone_and_others_are_other_cells(tmp_path: Path) -> None:
    plain, said = planned(tmp_path), planned(tmp_path, "answers=logits")
    assert [cell.key for cell in plain.cells] == [cell.key for cell in said.cells]
    other = planned(tmp_path, "answers={digits: 2}")
    same = {cell.label for cell in other.cells} - {
        cell.label for cell in other.cells if cell.key not in {c.key for c in plain.cells}
    }
    assert same == {"zero_shot"}


def test_tested_prompts_are_those_that_were_trained_under_the_same_answers(tmp_path: Path) -> None:
    transfer = ("protocol=cross_dataset", "source=pocket_silhouettes", "methods=[zero_shot, zip]")
    plan = planned(tmp_path, *transfer, "answers=label")
    trained = {c.cell.dataset: c for c in plan.cells if c.label == "zip"}
    moved, source = trained["pocket_dots"].cell, trained["pocket_silhouettes"]
    assert moved.source is not None
    assert moved.source.key == source.key != ""
    assert moved.answers == source.cell.answers == LABEL
    plain = planned(tmp_path, *transfer)
    assert source.key not in {cell.key for cell in plain.cells}


def test_a_method_that_cannot_use_an_answer_is_skipped_by_name(tmp_path: Path) -> None:
    plan = planned(tmp_path, "answers=label")
    (left_out,) = skipped(plan.cells)
    assert (left_out.methods, left_out.datasets) == (("craft",), ("pocket_dots",))
    assert left_out.reason.startswith("it can't learn from answers of label: its loss holds the")
    assert left_out.reason.endswith("Use answers: {top: 1} or more, or another method.")
    assert {cell.label for cell in plan.to_run()} == {"zero_shot", "zip"}
    text = shown(lambda: show_plan(plan, Pricing({}, {})))
    assert "skipped craft on pocket_dots: it can't learn from answers of label" in text
    assert "craft can't learn from labels alone: give answers of {top: 1} or more." in text


def test_what_it_cannot_use_may_depend_on_its_settings(tmp_path: Path) -> None:
    free = "methods=[zero_shot, {name: craft, kl_weight: 0}]"
    assert not skipped(planned(tmp_path, "answers=label", free).cells)
    assert not skipped(planned(tmp_path, "answers={top: 1}").cells)


@pytest.mark.parametrize(
    ("least", "enough", "too_poor"),
    [
        ("logits", "{digits: 1}", "log_probabilities"),
        ("log_probabilities", "log_probabilities", "{top: 100}"),
        ("top", "{top: 1}", "{kind: label, noise: 1}"),
    ],
)
def test_each_kind_may_be_the_least(
    least: AnswerKind,
    enough: str,
    too_poor: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def access(cls: type, settings: ZipSettings) -> Access:
        return Access(frozenset({"soft context"}), answer=least, because="it adds scores up")

    monkeypatch.setattr(Zip, "access", classmethod(access))
    assert not skipped(planned(tmp_path, "methods=[zip]", f"answers={enough}").cells)
    (left_out,) = skipped(planned(tmp_path, "methods=[zip]", f"answers={too_poor}").cells)
    assert ": it adds scores up. Use answers: " in left_out.reason


def test_a_search_of_such_a_method_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="method 'craft' on pocket_dots: it can't learn from"):
        planned(tmp_path, "answers=label", "methods=[craft]", blind=True)


def test_an_answer_that_names_every_class_is_said_to_tell_all(tmp_path: Path) -> None:
    data = "datasets=[pocket_dots, pocket_letters]"
    few, many, more = (planned(tmp_path, data, f"answers.top={top}").notes for top in (7, 8, 12))
    assert not [note for note in few if "name every class" in note]
    assert [note for note in many if "name every class" in note] == [
        "answers of top 8 name every class of pocket_dots (8 classes), so they are "
        "log_probabilities there"
    ]
    assert any("pocket_dots (8 classes), pocket_letters (12 classes), so" in n for n in more)


def test_cells_that_are_read_from_a_store_alone_have_their_answers_too(tmp_path: Path) -> None:
    spec = planned(tmp_path, "answers=label").spec
    cells = Blanks(spec, blind=False).on("pocket_dots", "gone")
    assert {c.label: c.cell.answers for c in cells}["zip"] == LABEL


def test_several_bases_are_swept_each(tmp_path: Path) -> None:
    vary = "ablation={base: [zip, craft], vary: {answers: [logits, {top: 3}, label]}}"
    plan = planned(tmp_path, "methods=[zero_shot]", vary)
    found = {cell.label: {point.label for point in cell.ablation_points} for cell in plan.cells}
    assert found == {
        "zero_shot": set(),
        "zip": {"zip[answers=logits]"},
        "zip[answers=top 3]": {"zip[answers=top 3]"},
        "zip[answers=label]": {"zip[answers=label]"},
        "craft": {"craft[answers=logits]"},
        "craft[answers=top 3]": {"craft[answers=top 3]"},
        "craft[answers=label]": {"craft[answers=label]"},
    }
    (left_out,) = skipped(plan.cells)
    assert left_out.methods == ("craft[answers=label]",)
