"""Of several results of a cell, those of one version are taken: none is mixed with another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cell import Cell
from orchestrator.oracle.backbone import ResolvedBackbone
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.recall.blanks import Blanks
from orchestrator.plan.recall.choice import Choice, chosen
from orchestrator.plan.recall.stored import Stored, identity
from orchestrator.plan.recall.weights import digests_of
from orchestrator.spec.load import load_spec

SPEC = ("datasets=[eurosat]", "seeds=[1, 2]", "methods=[zero_shot, zip, bar]", "shots=[4]")


def drafts(*overrides: str) -> list[PlannedCell]:
    """Cells of EuroSAT: one of zero-shot, then zip and bar with seed 1, then with seed 2."""
    spec = load_spec("demo", (*SPEC, *overrides))
    return list(Blanks(spec, blind=False).on("eurosat", "it is not here"))


CELLS = drafts()


def result(
    cell: PlannedCell, day: int, split: str | None = None, images: str = "", *, ok: bool = True
) -> Stored:
    """A result of a cell that was made on a day of a month."""
    made = {
        "backbone": cell.backbone.label,
        "written": f"2026-01-{day:02}T00:00:00+00:00",
        "split": split,
        "data": {"basis": "read", "digest": images} if images else None,
    }
    key = f"{cell.title} of day {day}"
    return Stored(key, cell.cell, "done" if ok else "failed", made)


def days(found: Sequence[Stored]) -> dict[str, float]:
    return {one.key: one.written for one in found}


def choose(stored: Sequence[Stored], cells: Sequence[PlannedCell] = CELLS) -> Choice:
    return chosen(cells, stored, days)


def taken(choice: Choice) -> list[str]:
    return [choice.taken[place].key.rsplit(" ", 1)[1] for place in sorted(choice.taken)]


def test_cells_are_those_of_a_plan_with_the_data() -> None:
    assert [cell.title for cell in CELLS] == [
        "eurosat / zero_shot",
        *(f"eurosat / {name} / 4 shots / seed 1" for name in ("zip", "bar")),
        *(f"eurosat / {name} / 4 shots / seed 2" for name in ("zip", "bar")),
    ]
    assert {(cell.status, cell.key) for cell in CELLS} == {("skipped", "")}


def test_the_newest_of_several_results_is_taken_and_they_are_counted() -> None:
    choice = choose([result(CELLS[1], 3), result(CELLS[1], 9), result(CELLS[2], 4)])
    assert taken(choice) == ["9", "4"]
    assert (choice.several, choice.older) == (1, 0)


def test_methods_are_never_compared_on_different_draws_of_images() -> None:
    zip_old, zip_new = result(CELLS[1], 3, "old"), result(CELLS[1], 5, "new")
    bar_old, bar_of_seed_2 = result(CELLS[2], 4, "old"), result(CELLS[4], 2, "old")
    choice = choose([zip_old, zip_new, bar_old, bar_of_seed_2])
    assert choice.taken == {1: zip_new, 4: bar_of_seed_2}
    assert (choice.several, choice.older) == (1, 1)


def test_seeds_are_never_mixed_over_versions_of_a_dataset() -> None:
    old = [result(cell, 3, f"{n}", images="old") for n, cell in enumerate(CELLS)]
    new = [result(CELLS[1], 5, "5", images="new")]
    choice = choose([*old, *new])
    assert choice.taken == {1: new[0]}
    assert choice.older == 4


def test_results_agree_with_those_that_stand_beside_them() -> None:
    here = [(CELLS[1], result(CELLS[1], 1, "here", images="mine"))]
    old, new = result(CELLS[2], 2, "here", images="mine"), result(CELLS[2], 3, "other")
    of_zero_shot = result(CELLS[0], 4, "test images", images="theirs")
    choice = chosen([CELLS[0], CELLS[2]], [old, new, of_zero_shot], days, beside=here)
    assert (choice.taken, choice.older) == ({1: old}, 1)


def test_a_result_counts_more_than_a_later_failure() -> None:
    done, failed = result(CELLS[1], 3, "same"), result(CELLS[1], 9, ok=False)
    choice = choose([failed, done])
    assert choice.taken == {1: done}
    assert choice.several == 0
    assert choose([failed]).taken == {1: failed}


def test_what_is_not_of_the_present_code_is_left_out() -> None:
    old, new = result(CELLS[1], 9), result(CELLS[1], 3)
    choice = chosen(CELLS, [old, new], days, lambda one: one is new)
    assert (choice.taken, choice.several) == ({1: new}, 0)
    assert chosen(CELLS, [old], days, lambda one: one is new).older == 1


@given(st.permutations([result(c, day) for c in CELLS[1:3] for day in (1, 2, 2, 3)]))
def test_the_order_in_which_results_are_read_does_not_matter(stored: list[Stored]) -> None:
    assert taken(choose(stored)) == ["3", "3"]


def test_times_are_asked_for_only_where_there_is_a_choice() -> None:
    def never(_: Sequence[Stored]) -> dict[str, float]:
        raise AssertionError("nothing is to be chosen")

    alone = [result(cell, 1, f"{cell.cell.shots} {cell.cell.seed}") for cell in CELLS]
    assert len(chosen(CELLS, alone, never).taken) == len(CELLS)


@pytest.mark.parametrize("field", ["seed", "shots", "budget", "batch_size", "precision", "blind"])
def test_every_field_of_a_cell_tells_it_from_others(field: str) -> None:
    values: dict[str, Any] = {"precision": "bf16", "blind": True}
    other = CELLS[1].cell.model_copy(update={field: values.get(field, 77)})
    assert identity(other) != identity(CELLS[1].cell)


def test_settings_that_came_later_have_their_usual_values() -> None:
    document = CELLS[1].cell.model_dump(mode="json")
    before = {n: v for n, v in document["method"]["settings"].items() if n != "clip"}
    former = Cell.model_validate({**document, "method": {"name": "zip", "settings": before}})
    assert identity(former) == identity(CELLS[1].cell)
    assert identity(drafts("methods.1={name: zip, clip: 3}")[1].cell) != identity(former)


def unknown(path: str) -> ResolvedBackbone:
    return ResolvedBackbone("ViT-B-16", "ViT-B-16", path, digest="")


def made_with(digest: str, weights: str | None = None, label: str = "ViT-B-16") -> Stored:
    cell = CELLS[1].cell.model_copy(update={"backbone": digest})
    return Stored(digest, cell, "done", {"backbone": label, "weights": weights})


def test_weights_that_are_gone_are_known_by_the_name_of_their_model() -> None:
    a, b = unknown("/a.pt"), unknown("/b.pt")
    mine, tag = made_with("sha256:1/ViT-B-16"), made_with("tag:ViT-B-16/openai")
    other = made_with("sha256:2/ViT-L-14", label="ViT-L-14")
    assert digests_of([a], [mine, tag, other]) == {a: {"sha256:1/ViT-B-16"}}
    assert digests_of([a, b], [mine, tag]) == {a: frozenset(), b: frozenset()}, "it is of either"
    recorded = [made_with("sha256:1/ViT-B-16", "/a.pt"), made_with("sha256:2/ViT-B-16", "/b.pt")]
    assert digests_of([a, b], recorded) == {a: {"sha256:1/ViT-B-16"}, b: {"sha256:2/ViT-B-16"}}
