"""The order of SharpZO's phases: which comes next, and when stage two begins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from methods.parts.two_stages import StageLengths, TwoStages

LENGTHS = StageLengths(
    points={"gradient": 6, "population": 4, "pairs": 2},
    cost=1,
    shifted=True,
    mask_steps=2,
    stage_one_steps=None,
    stage_one_queries=20,
    budget=40,
)


def phases(lengths: StageLengths, count: int) -> list[str]:
    """The first phases, with the number of the stage that each belongs to."""
    stages, found = TwoStages(lengths), []
    for _ in range(count):
        found.append(f"{stages.phase} {stages.stage}")
        stages.spent += lengths.cost * stages.points
        stages.end_phase()
    return found


def test_stage_one_has_its_queries_and_masks_come_anew() -> None:
    assert phases(LENGTHS, 9) == [
        *["gradient 1", "population 1"] * 2,
        *["gradient 2", "pairs 2", "pairs 2"],
        *["gradient 2", "pairs 2"],
    ]


def test_without_shift_and_mask_no_gradient_is_taken() -> None:
    plain = replace(LENGTHS, shifted=False, mask_steps=None)
    assert phases(plain, 7) == [*["population 1"] * 5, *["pairs 2"] * 2]


@pytest.mark.parametrize(("budget", "last"), [(17, "gradient 1"), (18, "gradient 2")])
def test_stage_two_begins_only_if_it_can_be_paid(budget: int, last: str) -> None:
    assert phases(replace(LENGTHS, stage_one_queries=0, budget=budget), 3)[-1] == last


def test_a_number_of_steps_takes_the_place_of_queries() -> None:
    assert phases(replace(LENGTHS, stage_one_steps=1), 3)[-1] == "gradient 2"


def test_it_goes_on_from_its_values() -> None:
    stages, again = TwoStages(LENGTHS), TwoStages(LENGTHS)
    for _ in range(5):
        stages.spent += stages.points
        stages.end_phase()
    again.load(stages.values())
    assert vars(again) == vars(stages)
