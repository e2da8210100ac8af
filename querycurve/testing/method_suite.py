"""What every method must satisfy; each method's test class inherits it and names the method."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from methods.interface import (
    Demand,
    Method,
    Problem,
    Prompts,
    Scores,
    Settings,
    State,
    TrainingSize,
)
from methods.parts.losses import cross_entropy
from methods.parts.seeding import generator
from methods.registry import cell_name, method_variant
from orchestrator.answers import KINDS, Answers
from orchestrator.cell import Cell, Evaluation, MethodChoice
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import BudgetExhausted
from orchestrator.plan.budget import check_budget, step_queries
from orchestrator.plan.demand import QueryDemand
from orchestrator.plan.plan import PlannedCell
from querycurve.testing.pins import assert_as_pinned, own_name, pins, read_pins
from querycurve.testing.toy_oracle import (
    BATCH,
    CLASSES,
    EXAMPLES,
    SPACE,
    ToyOracle,
    toy_batch,
    toy_images,
    toy_problem,
)

RESTRICTED = (
    Answers(kind="log_probabilities", digits=1),
    Answers(kind="top", top=2),
    Answers(kind="label"),
    Answers(kind="top", top=1, digits=2, noise=0.5),
)
"""Answers of black boxes that don't tell all; noise is drawn for every query."""
MOVED_AT = (0, 1, 2, 3, 4, 7, 11, 16, 22, 29)
"""Steps after which a state is tried elsewhere; to try it costs more than a step, the later the
more where a search is replayed."""


def tensors_of(prompts: Prompts, images: torch.Tensor | None) -> list[torch.Tensor]:
    """All tensors of a prompt, and what it makes of some images."""
    parts = [prompts.context, prompts.visual_tokens]
    parts += [one.weights for one in prompts.ensembles or ()]
    if prompts.deep is not None:
        parts += [prompts.deep.text, prompts.deep.visual]
    if prompts.pixels is not None and images is not None:
        parts += [prompts.pixels.apply(images, k) for k in range(prompts.count)]
    return [part for part in parts if part is not None]


def _context_tokens(prompts: Prompts) -> int:
    return 0 if prompts.context is None else prompts.context.shape[1]


def texts_of(prompts: Prompts) -> list[tuple[str, ...]]:
    """All hand-written texts of a prompt."""
    ensembles = () if prompts.ensembles is None else prompts.ensembles
    return [prompts.templates or (), *(one.templates for one in ensembles)]


def inputs_of(prompts: Prompts) -> set[str]:
    """What of a black box a prompt changes, in the words of `Access`."""
    deep = prompts.deep
    used = {
        "text": prompts.templates is not None or prompts.ensembles is not None,
        "pixels": prompts.pixels is not None,
        "soft context": prompts.context is not None,
        "visual tokens": prompts.visual_tokens is not None,
        "inner layers": deep is not None,
    }
    return {name for name, is_used in used.items() if is_used}


def answers(method: Method, logits: torch.Tensor) -> torch.Tensor:
    """The scores `(1, B, C)` of what a method deploys, of the logits `(K, B, C)` of its prompts."""
    readout = method.readout()
    return logits if readout is None else readout(logits).unsqueeze(0)


def through_files(state: State) -> State:
    """A state as it comes back from safetensors and JSON."""
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    return State(load(save(tensors)), json.loads(json.dumps(dict(state.values))))


def without_images(problem: Problem) -> Problem:
    """The problem as a trial has it that only tests what another one has trained."""
    return replace(problem, examples=0, batches_per_epoch=1)


def _demand_when_built(kind: type[Method], problem: Problem, settings: Settings) -> Demand:
    """What a method that says nothing of its demand is found to ask."""
    found: Demand = vars(Method)["demand"].__func__(kind, problem, settings)
    return found


class MethodSuite:
    """Contract tests of one method or variant.

    For example, with a file that `python -m querycurve.testing.pins` has written:

        class TestMyMethod(MethodSuite):
            name = "mypkg.mymethod:MyMethod"
            pins = Path(__file__).with_name("pins.json")

    Class attributes:
        name: the name that specs use, `name@variant` for a variant; of a method of another package
            its place or its entry point's name.
        settings: settings on top of the name's own.
        budget: queries in which the convex problem must become clearly easier.
        draws: whether its first proposals depend on its seed.
        moves: whether every step changes what it deploys; a search may keep what it has.
        pins: a file of pinned proposals, by the method's own name; None where others look after it.
    """

    name: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}
    budget: ClassVar[int] = 600
    draws: ClassVar[bool] = True
    moves: ClassVar[bool] = True
    pins: ClassVar[Path | None] = None

    @property
    def kind(self) -> type[Method]:
        return method_variant(self.name)[0]

    @property
    def all_settings(self) -> Settings:
        kind, defaults = method_variant(self.name)
        return kind.settings_type.model_validate({**defaults, **self.settings})

    def build(self, seed: int = 1, budget: int | None = None) -> Method:
        return self.kind(toy_problem(seed, budget or self.budget), self.all_settings)

    def batch(self, step: int, size: int = 5) -> Batch:
        return toy_batch(step, size, self.kind.image_size(SPACE, self.all_settings))

    def same(self, first: Prompts, second: Prompts) -> bool:
        """Whether two prompts are equal, bit for bit."""
        images = self.batch(0).images
        assert images is not None
        mine, others = tensors_of(first, images), tensors_of(second, images)
        if texts_of(first) != texts_of(second) or len(mine) != len(others):
            return False
        return all(torch.equal(a, b) for a, b in zip(mine, others, strict=True))

    def deploys_the_same(self, first: Method, second: Method) -> bool:
        """Whether two methods deploy equal prompts and equal functions of scores, bit for bit."""
        here, there = first.best_prompt(), second.best_prompt()
        if not self.same(here, there):
            return False
        batch = self.batch(1001, size=7)
        (_, logits), *_ = ToyOracle().observe(here, [batch])
        logits = logits + torch.randn(logits.shape, generator=generator(0, "suite"))
        return torch.equal(answers(first, logits), answers(second, logits))

    def assert_same(self, first: Prompts | None, second: Prompts | None) -> None:
        """Fails unless both methods asked, for equal prompts, or both stopped."""
        if first is None or second is None:
            assert first is second, "one method stopped asking before the other"
        else:
            assert self.same(first, second)

    def step_queries(self) -> int:
        """What a step costs, as a plan asks for it."""
        return step_queries(self.planned(budget=0), EXAMPLES)

    def planned(self, budget: int) -> PlannedCell:
        """A cell of the method on the toy problem's images."""
        choice = self.all_settings.model_dump(mode="json")
        cell = Cell(
            protocol="few_shot",
            dataset="toy",
            shots=1,
            seed=1,
            method=MethodChoice(name=cell_name(self.kind), settings=choice),
            backbone="",
            budget=budget,
            batch_size=BATCH,
            precision="fp32",
            augmentation="none",
            evaluation=Evaluation(),
        )
        demand = self.kind.demand(toy_problem(), self.all_settings)
        asked = QueryDemand(**vars(demand), image_size=SPACE.image_size)
        backbone = ResolvedBackbone("toy", "toy", None, "")
        return PlannedCell(cell, self.name, backbone, asked, key="", status="new")

    def advance(self, method: Method, oracle: ToyOracle) -> Prompts | None:
        """One ask-query-tell; None when there is nothing more to ask or to spend."""
        prompts = method.ask()
        if prompts is None:
            return None
        size, choice = self.kind.image_size(SPACE, self.all_settings), method.images()
        batch = toy_images(choice, oracle.drawn, image_size=size)
        try:
            scores = Scores(oracle.query(prompts, batch), batch.labels, batch.examples)
        except BudgetExhausted:
            return None
        measured = method.tell(scores)
        assert np.isfinite(list(measured.values())).all()
        oracle.drawn += choice == "next"
        return prompts

    def loss(self, method: Method) -> float:
        batch = self.batch(1000, size=50)
        (_, logits), *_ = ToyOracle().observe(method.best_prompt(), [batch])
        return float(cross_entropy(answers(method, logits), batch.labels)[0])

    def test_proposals_are_as_pinned(self) -> None:
        if self.pins is not None:
            pinned = read_pins(self.pins)[own_name(self.name)]
            assert_as_pinned(pins(self.name, self.settings), pinned)

    def test_same_seed_same_first_prompts(self) -> None:
        oracle, other = ToyOracle(), ToyOracle()
        first, second = self.build(), self.build()
        for _ in range(3):
            self.assert_same(self.advance(first, oracle), self.advance(second, other))
        assert self.deploys_the_same(first, second)

    def test_other_seed_other_prompts(self) -> None:
        first, second = self.build(1).ask(), self.build(2).ask()
        assert (first is not None) == (second is not None) == self.kind.trains
        if first is not None and second is not None:
            assert self.same(first, second) != self.draws

    def test_asking_twice_proposes_the_same(self) -> None:
        method = self.build()
        first, images = method.ask(), method.images()
        self.assert_same(first, method.ask())
        assert images == method.images()

    def test_never_one_query_above_the_budget(self) -> None:
        for budget in (1, 7, 23, 61):
            oracle, method = ToyOracle(budget), self.build(budget=budget)
            while self.advance(method, oracle) is not None:
                pass
            assert oracle.method.queries <= budget
            asked = method.ask()
            if asked is not None:
                left = budget - oracle.method.queries
                assert left < asked.queries, "what a step costs was left over"

    def test_a_budget_of_one_step_trains(self) -> None:
        cost = self.step_queries()
        assert (cost > 0) == self.kind.trains
        oracle, method = ToyOracle(cost), self.build(budget=max(cost, 1))
        while self.advance(method, oracle) is not None:
            pass
        assert oracle.method.queries == cost
        if self.moves or not self.kind.trains:
            untrained = self.build(budget=max(cost, 1))
            assert self.deploys_the_same(method, untrained) != self.kind.trains

    def test_a_budget_below_one_step_is_refused(self) -> None:
        cost = self.step_queries()
        check_budget(self.planned(cost), EXAMPLES)
        if self.kind.trains:
            message = f"budget {cost - 1} is below one step of {self.name}.* {cost} queries on toy"
            with pytest.raises(UserError, match=message):
                check_budget(self.planned(cost - 1), EXAMPLES)

    def test_what_was_trained_serves_other_classes(self) -> None:
        if self.kind.access(self.all_settings).readout:
            return  # a plan refuses other classes; see tests/orchestrator/plan/test_readouts.py
        oracle, method = ToyOracle(), self.build()
        for _ in range(2):
            self.advance(method, oracle)
        problem = replace(toy_problem(1, self.budget), classes=7, templates=("a {} elsewhere.",))
        moved = self.kind(without_images(problem), self.all_settings)
        moved.load(through_files(method.state()))
        here, there = method.best_prompt(), moved.best_prompt()
        if here.templates is None or (self.kind.trains and here.pixels is None):
            assert self.same(here, there)
        else:  # what is written by hand is the other dataset's own
            assert there.templates is not None
            assert there.templates[0] != here.templates[0] or len(there.templates) > 1
            assert self.same(here, replace(there, templates=here.templates))

    def test_what_was_trained_serves_where_there_are_no_training_images(self) -> None:
        """As on another dataset with the same classes, where prompts and readouts are tested."""
        oracle, method = ToyOracle(self.budget), self.build()
        for step in range(30):
            if step in MOVED_AT:
                moved = self.kind(without_images(toy_problem(1, self.budget)), self.all_settings)
                moved.load(through_files(method.state()))
                assert self.deploys_the_same(method, moved)
                moved.ask()  # a trial asks once before it sees that there is nothing to train on
            if self.advance(method, oracle) is None:
                break

    def test_a_state_does_not_change_after_it_was_taken(self) -> None:
        oracle, method = ToyOracle(), self.build()
        self.advance(method, oracle)
        state = method.state()
        before = {name: tensor.clone() for name, tensor in state.tensors.items()}
        self.advance(method, oracle)
        assert all(torch.equal(before[name], state.tensors[name]) for name in before)

    def test_improves_on_a_convex_problem(self) -> None:
        if not self.kind.trains:
            assert self.build().ask() is None
            return
        oracle, method = ToyOracle(self.budget), self.build()
        start = self.loss(method)
        while self.advance(method, oracle) is not None:
            pass
        assert self.loss(method) < 0.9 * start

    def test_killed_after_any_step_and_resumed_equals_uninterrupted(self) -> None:
        """One twin is made anew from files before every step, the other one only once."""
        budget, methods = 90, [self.build(budget=90) for _ in range(3)]
        oracles = [ToyOracle(budget) for _ in methods]
        for step in range(45):
            for twin in (1, 2) if step == 3 else (1,):
                kept = through_files(methods[twin].state())
                methods[twin] = self.build(budget=budget)
                methods[twin].load(kept)
            assert all(self.deploys_the_same(methods[0], other) for other in methods[1:])
            asked = [self.advance(*pair) for pair in zip(methods, oracles, strict=True)]
            for other in asked[1:]:
                self.assert_same(asked[0], other)
            if asked[0] is None:
                break
        assert all(self.deploys_the_same(methods[0], other) for other in methods[1:])

    @pytest.mark.parametrize("given", RESTRICTED, ids=str)
    def test_restricted_answers_do_unless_it_says_that_they_do_not(self, given: Answers) -> None:
        access = self.kind.access(self.all_settings)
        assert (access.answer == "label") == (not access.because)
        if KINDS.index(given.kind) > KINDS.index(access.answer):
            return  # a plan refuses it; see tests/orchestrator/plan/test_answers.py
        budget, methods = 60, [self.build(budget=60) for _ in range(2)]
        oracles = [ToyOracle(budget) for _ in methods]
        for oracle in oracles:
            oracle.answers, oracle.seed = given, 5
        for step in range(12):
            if step % 3 == 2:
                kept = through_files(methods[1].state())
                methods[1] = self.build(budget=budget)
                methods[1].load(kept)
            asked = [self.advance(*pair) for pair in zip(methods, oracles, strict=True)]
            self.assert_same(*asked)
            if asked[0] is None:
                break
        assert self.deploys_the_same(*methods)
        deployed, batch = methods[0].best_prompt(), self.batch(1000, size=7)
        ((_, scores),) = oracles[0].observe(deployed, [batch], as_method=True)
        assert all(tensor.isfinite().all() for tensor in tensors_of(deployed, batch.images))
        assert answers(methods[0], scores).isfinite().all()

    def test_measuring_leaves_no_trace(self) -> None:
        method, oracle = self.build(), ToyOracle()
        observed, other = self.build(), ToyOracle()
        for step in range(3):
            (_, logits), *_ = other.observe(observed.best_prompt(), [self.batch(500 + step, 20)])
            assert answers(observed, logits).shape == (1, 20, CLASSES)
            asked = self.advance(method, oracle)
            self.assert_same(asked, self.advance(observed, other))
        assert self.deploys_the_same(method, observed)

    def test_the_deployed_prompt_treats_each_image_by_itself(self) -> None:
        method, oracle = self.build(), ToyOracle()
        self.advance(method, oracle)
        pixels, images = method.best_prompt().pixels, self.batch(3).images
        assert images is not None
        if pixels is not None:
            one_by_one = torch.cat([pixels.apply(image[None], 0) for image in images])
            torch.testing.assert_close(pixels.apply(images, 0), one_by_one)

    def test_a_plan_knows_what_is_asked(self) -> None:
        problem, oracle, method = toy_problem(), ToyOracle(self.budget), self.build()
        demand = self.kind.demand(problem, self.all_settings)
        assert demand == _demand_when_built(self.kind, problem, self.all_settings)
        assert (demand.candidates > 0) == self.kind.trains
        for step in range(4):
            deployed = method.best_prompt()
            asked = self.advance(method, oracle)
            if asked is not None:
                known = replace(demand, candidates=asked.count) if step else demand
                assert known == Demand(asked.count, asked.touches_images, asked.context is not None)
                assert (asked.context is None) == (deployed.context is None)
                assert asked.touches_images == deployed.touches_images
            assert bool(demand.templates) == (deployed.context is None)
            assert deployed.queries <= demand.deployed
            assert demand.context_tokens == _context_tokens(deployed)
            assert asked is None or demand.context_tokens == _context_tokens(asked)

    def test_a_plan_knows_when_it_stops_by_itself(self) -> None:
        demand = self.kind.demand(toy_problem(), self.all_settings)
        most = self.kind.most_queries(self.all_settings, demand, TrainingSize(EXAMPLES, BATCH))
        if most is None:
            return
        oracle, method = ToyOracle(self.budget), self.build()
        while self.advance(method, oracle) is not None:
            pass
        assert method.ask() is None
        assert oracle.method.queries == most < self.budget

    def test_says_what_access_it_needs(self) -> None:
        access = self.kind.access(self.all_settings)
        oracle, method, used = ToyOracle(self.budget), self.build(), set[str]()
        for _ in range(8):
            asked = self.advance(method, oracle)
            for prompts in filter(None, (asked, method.best_prompt())):
                used |= inputs_of(prompts)
            assert access.readout or method.readout() is None
        assert used == access.inputs

    def test_prompts_have_the_black_boxs_shapes(self) -> None:
        method = self.build()
        for prompts in (method.ask(), method.best_prompt()):
            if prompts is None:
                continue
            if prompts.context is not None:
                assert prompts.context.shape[2] == SPACE.text_width
            if prompts.visual_tokens is not None:
                assert prompts.visual_tokens.shape[2] == SPACE.vision_width
            if prompts.pixels is not None:
                images = self.batch(0).images
                assert images is not None
                before, size = images.clone(), SPACE.image_size
                assert prompts.pixels.apply(images, 0).shape == (len(images), 3, size, size)
                assert torch.equal(images, before)
        assert method.readout() is not None or method.best_prompt().count == 1

    def test_global_random_state_is_left_alone(self) -> None:
        torch.manual_seed(0)
        np.random.seed(0)
        expected = torch.rand(1), np.random.rand()
        torch.manual_seed(0)
        np.random.seed(0)
        self.advance(self.build(), ToyOracle())
        assert (torch.rand(1), np.random.rand()) == expected
