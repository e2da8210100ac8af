"""Template search: which templates it asks about, what that costs, and which it deploys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from methods.interface import Named, Problem, Scores, SettingsError, TrainingSize
from methods.parts.template_bank import bank
from methods.template_search import TemplateSearch, TemplateSearchSettings
from querycurve.testing.toy_oracle import ToyWords
from tests.methods.problems import problem

NUMBERED = tuple(f"{word} {{}}" for word in "bcdefgh")
"""With the dataset's own `a {}.`, eight templates."""


def task(examples: int = 40, batch_size: int = 10, budget: int = 1000) -> Problem:
    given = replace(problem(budget=budget), words=ToyWords())
    return replace(given, examples=examples, batch_size=batch_size)


def search(given: Problem, **settings: Any) -> TemplateSearch:
    return TemplateSearch(given, TemplateSearchSettings(proposals=NUMBERED, **settings))


def asked(method: TemplateSearch) -> list[str]:
    prompts = method.ask()
    assert prompts is not None
    assert prompts.ensembles is not None
    assert prompts.queries == prompts.count
    return [one.templates[0] for one in prompts.ensembles]


def deployed(method: TemplateSearch) -> tuple[str, ...]:
    ensembles = method.best_prompt().ensembles
    assert ensembles is not None
    (one,) = ensembles
    return one.templates


def answer(method: TemplateSearch) -> list[str]:
    """Tells scores by which a template is the better, the later its first letter."""
    templates, images = asked(method), method.images()
    assert isinstance(images, Named)
    labels = torch.zeros(len(images.examples), dtype=torch.long)
    worth = torch.tensor([float(ord(one.lstrip("{} ")[:1] or "a") - 97) for one in templates])
    logits = torch.zeros(len(templates), len(labels), 3)
    logits[:, :, 0] = worth[:, None]
    method.tell(Scores(logits, labels, torch.tensor(images.examples)))
    return templates


def test_the_better_half_goes_on_until_it_has_seen_every_image() -> None:
    method = search(task())
    sizes, chunks = [], []
    for _ in range(4):
        images = method.images()
        chunks.append(images.examples[0])
        assert images.view is None
        sizes.append(len(answer(method)))
    assert sizes == [8, 4, 2, 2]
    assert chunks == [0, 10, 20, 30]
    assert deployed(method) == ("h {}",)


def test_what_was_asked_is_never_asked_again() -> None:
    method = search(task(examples=8))
    known: list[str] = []
    for _ in range(6):
        known += answer(method)
    assert len(known) == len(set(known)) > 20


def test_the_next_round_has_the_rest_of_the_bank_and_edits() -> None:
    method = search(task(examples=8), first=4, edits=6)
    first, second = answer(method), answer(method)
    assert "a {}." in first
    assert len(first) == 4
    assert len(second) == 6
    assert [one in NUMBERED for one in second] == [True] * 3 + [False] * 3


def test_of_those_that_have_seen_most_the_best_is_deployed() -> None:
    method = search(task())
    assert deployed(method) == ("a {}.",)
    answer(method)
    assert deployed(method) == ("h {}",)


def test_several_are_deployed_from_the_best_on() -> None:
    method = search(task(examples=8), deployed=3)
    answer(method)
    assert deployed(method) == ("h {}", "g {}", "f {}")


def test_losses_are_averaged_over_images_not_mini_batches() -> None:
    method = search(task(examples=12, batch_size=10), first=4)
    templates = asked(method)[:2]
    for size, worth in ((10, [1.0, 0.9, -9.0, -9.0]), (2, [0.0, 0.2])):
        labels = torch.zeros(size, dtype=torch.long)
        logits = torch.zeros(len(worth), size, 3)
        logits[:, :, 0] = torch.tensor(worth)[:, None]
        assert asked(method)[:2] == templates
        method.tell(Scores(logits, labels, torch.arange(size)))
    # By mini-batches the second would be ahead: 0.1 behind on ten images, 0.2 ahead on two.
    assert deployed(method) == (templates[0],)


def test_accuracy_and_loss_may_disagree() -> None:
    labels = torch.tensor([0, 0, 0, 0])
    sure_and_wrong_once = torch.tensor([[1.0, 0, 0]] * 3 + [[-30.0, 0, 0]])
    unsure = torch.tensor([[0.1, 0, 0]] * 2 + [[-0.1, 0, 0]] * 2)
    found = {}
    for criterion in ("loss", "accuracy"):
        method = search(task(examples=4), first=2, criterion=criterion)
        templates = asked(method)
        method.tell(Scores(torch.stack([sure_and_wrong_once, unsure]), labels, torch.arange(4)))
        found[criterion] = templates.index(deployed(method)[0])
    assert found == {"loss": 1, "accuracy": 0}


@pytest.mark.parametrize("budget", [0, 1, 2, 1000])
def test_a_step_compares_two_templates_whatever_the_budget(budget: int) -> None:
    given, settings = task(budget=budget), TemplateSearchSettings(proposals=NUMBERED)
    demand = TemplateSearch.demand(given, settings)
    assert TemplateSearch.step_queries(settings, demand, TrainingSize(40, 10)) == 2


@pytest.mark.parametrize("budget", [2, 9, 30, 57])
def test_rounds_fit_the_budget(budget: int) -> None:
    method = search(task(budget=budget))
    spent = 0
    while method.ask() is not None:
        spent += len(answer(method))
    assert spent <= budget
    assert budget - spent < 4, "another template could have seen all four mini-batches"


def test_the_bank_is_ordered_by_the_seed_behind_the_datasets_own() -> None:
    first, other = (TemplateSearch(replace(task(), seed=s), _bank()) for s in (1, 2))
    assert asked(first)[0] == asked(other)[0] == "a {}."
    assert asked(first) != asked(other)
    assert set(asked(first)) < set(bank(task()))


def _bank() -> TemplateSearchSettings:
    return TemplateSearchSettings()


def test_edits_fit_beside_the_longest_name() -> None:
    space = replace(problem().space, context_tokens=4)
    method = search(replace(task(examples=8), space=space))
    for _ in range(6):
        assert all(len(one.replace("{}", " ").split()) <= 4 for one in answer(method))


def test_a_plan_looks_at_proposals_before_anything_runs() -> None:
    given = replace(task(), space=replace(problem().space, context_tokens=2))
    settings = TemplateSearchSettings(proposals=("one two three {}",))
    with pytest.raises(SettingsError, match="too long"):
        TemplateSearch.demand(given, settings)
    demand = TemplateSearch.demand(task(), TemplateSearchSettings(proposals=NUMBERED))
    assert demand.candidates == 8
    assert set(demand.templates) == {"a {}.", *NUMBERED}


@pytest.mark.parametrize("proposal", ["a photo", "a {} and a {}", "a {}\nb"])
def test_a_proposal_has_one_place_for_the_name(proposal: str) -> None:
    with pytest.raises(ValidationError, match=r"one \{\} for the class name"):
        TemplateSearchSettings(proposals=(proposal,))
