"""Which images a method asks about, what that costs, and what is measured of a readout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from methods.interface import (
    ImageChoice,
    Method,
    Named,
    Problem,
    Prompts,
    Readout,
    Scores,
    Settings,
    State,
)
from methods.parts.losses import cross_entropy
from orchestrator.oracle.interface import Batch
from orchestrator.trial.data import TrialData
from orchestrator.trial.trial import Trial
from querycurve.testing.toy_oracle import CLASSES, ToyOracle, toy_batch, toy_images, toy_problem
from tests.orchestrator.trial.test_trial import ToySplit, ran

CHOICES = st.sampled_from(["next", "same"]) | st.lists(
    st.integers(0, 12), min_size=1, max_size=5
).map(lambda rows: Named(tuple(rows)))


class Scripted(Method):
    """Asks about images as a list of choices says, and remembers ids and labels it was told."""

    name = "scripted"
    version = 1
    settings_type = Settings

    def __init__(self, problem: Problem, choices: list[ImageChoice], answer: int = 0) -> None:
        self._choices, self._width = choices, problem.space.text_width
        self._answer = answer
        self.told: list[list[int]] = []

    def ask(self) -> Prompts | None:
        done = len(self.told) == len(self._choices)
        return None if done else Prompts(context=torch.zeros(2, 1, self._width))

    def images(self) -> ImageChoice:
        return self._choices[len(self.told)]

    def tell(self, scores: Scores) -> Mapping[str, float]:
        self.told.append([*scores.examples.tolist(), *scores.labels.tolist()])
        return {"train_loss": float(cross_entropy(scores.logits, scores.labels)[0])}

    def best_prompt(self) -> Prompts:
        return Prompts(context=torch.zeros(1, 1, self._width))

    def readout(self) -> Readout | None:
        return lambda logits: logits.mean(dim=0) + 9 * torch.eye(CLASSES)[self._answer]

    def state(self) -> State:
        return State({}, {"told": [list(one) for one in self.told]})

    def load(self, state: State) -> None:
        self.told = [list(one) for one in state.values["told"]]


class ToyStream:
    """The training images of the toy problem."""

    def batch(self, step: int, *, pixels: bool) -> Batch:
        return toy_batch(step)

    def named(self, images: Named, *, pixels: bool) -> Batch:
        return toy_images(images, 0)


def trial(choices: list[ImageChoice], **method: Any) -> Trial:
    data = TrialData(cast(Any, ToyStream()), {"test": cast(Any, ToySplit())})
    return Trial(Scripted(toy_problem(), choices, **method), ToyOracle(1000), data, 1)


def told(of: Trial) -> list[list[int]]:
    return cast(Scripted, of.method).told


def told_of(batch: Batch) -> list[int]:
    return [*batch.examples.tolist(), *batch.labels.tolist()]


@given(after=st.lists(CHOICES, max_size=6), stop=st.integers(0, 6))
def test_each_ask_has_its_images_and_a_resumed_trial_goes_on(
    after: list[ImageChoice], stop: int
) -> None:
    choices: list[ImageChoice] = ["next", *after]
    whole, drawn = ran(trial(choices)), 0
    for choice, found in zip(choices, told(whole), strict=True):
        drawn += choice == "next"
        expected = toy_images(choice, drawn - (choice == "next"))
        assert found == told_of(expected)
    part = trial(choices)
    for _ in range(min(stop, len(choices))):
        part._advance()
    resumed = trial(choices)
    resumed.resume(part.snapshot())
    assert told(ran(resumed)) == told(whole)
    assert resumed.ledgers["method"] == whole.ledgers["method"]


def test_asking_about_the_same_mini_batch_twice_charges_twice() -> None:
    once, twice = ran(trial(["next"])), ran(trial(["next", "same"]))
    assert once.ledgers["method"] == {"queries": 2, "images": 10}
    assert twice.ledgers["method"] == {"queries": 4, "images": 20}
    assert told(twice)[0] == told(twice)[1]


def test_named_images_are_charged_by_their_number() -> None:
    result = ran(trial([Named((3, 1))]))
    assert result.ledgers["method"] == {"queries": 2, "images": 4}
    assert told(result)[0][:2] == [3, 1]


def test_the_same_mini_batch_before_any_is_the_methods_fault() -> None:
    with pytest.raises(ValueError, match="no mini-batch yet"):
        trial(["same"]).run()


@pytest.mark.parametrize("answer", range(CLASSES))
def test_what_the_readout_makes_of_the_scores_is_measured(answer: int) -> None:
    result = ran(trial(["next"], answer=answer))
    labels = torch.cat([batch.labels for batch in ToySplit().batches(pixels=False)])
    right = 100 * float((labels == answer).float().mean())
    accuracies = [p.value for p in result.points if p.metric == "test_accuracy"]
    assert accuracies == [pytest.approx(right)] * 2


def test_several_prompts_without_a_readout_are_the_methods_fault() -> None:
    class Two(Scripted):
        def readout(self) -> None:
            return None

        def best_prompt(self) -> Prompts:
            return Prompts(context=torch.zeros(2, 1, self._width))

    subject = trial(["next"])
    subject.method = Two(toy_problem(), ["next"])
    with pytest.raises(ValueError, match="deploys one prompt, or has a readout, but got 2"):
        subject.run()


def test_a_readout_of_several_prompts_sees_all_their_scores() -> None:
    seen: list[tuple[int, ...]] = []

    class Two(Scripted):
        def best_prompt(self) -> Prompts:
            return Prompts(context=torch.zeros(2, 1, self._width))

        def readout(self) -> Readout:
            def first(logits: Tensor) -> Tensor:
                seen.append(tuple(logits.shape))
                return logits[0]

            return first

    subject = trial([])
    subject.method = Two(toy_problem(), [])
    subject.run()
    assert seen == [(2, 30, CLASSES), (2, 20, CLASSES)]
    assert subject.ledgers["observer"]["queries"] == 2 * 2, "measuring counts both"
