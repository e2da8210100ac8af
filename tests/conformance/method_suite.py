"""What every method must satisfy; each method's test class inherits it and names the method."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
import torch
from safetensors.torch import load, save

from methods.interface import Method, Prompts, Scores, State
from methods.losses import cross_entropy
from methods.registry import method_class
from orchestrator.oracle.ledger import BudgetExhausted
from tests.conformance.toy_oracle import ToyOracle, toy_batch, toy_problem


def tensors_of(prompts: Prompts) -> list[torch.Tensor]:
    """All tensors of a prompt."""
    parts = [prompts.context, prompts.visual_tokens]
    if prompts.pixels is not None:
        images = toy_batch(0).images
        assert images is not None
        parts += [prompts.pixels.apply(images, k) for k in range(prompts.count)]
    return [part for part in parts if part is not None]


def same(first: Prompts, second: Prompts) -> bool:
    """Whether two prompts are equal, bit for bit."""
    pairs = zip(tensors_of(first), tensors_of(second), strict=True)
    return first.templates == second.templates and all(torch.equal(a, b) for a, b in pairs)


def through_files(state: State) -> State:
    """A state as it comes back from safetensors and JSON."""
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    return State(load(save(tensors)), json.loads(json.dumps(dict(state.values))))


class MethodSuite:
    """Contract tests of one method."""

    name: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}
    budget: ClassVar[int] = 600

    def build(self, seed: int = 1) -> Method:
        kind = method_class(self.name)
        settings = kind.settings_type.model_validate(self.settings)
        return kind(toy_problem(seed, self.budget), settings)

    def advance(self, method: Method, oracle: ToyOracle, step: int) -> Prompts | None:
        """One ask-query-tell; None when there is nothing more to ask or to spend."""
        prompts = method.ask()
        if prompts is None:
            return None
        batch = toy_batch(step)
        try:
            method.tell(Scores(oracle.query(prompts, batch), batch.labels))
        except BudgetExhausted:
            return None
        return prompts

    def loss(self, method: Method) -> float:
        batch = toy_batch(1000, size=50)
        (_, logits), *_ = ToyOracle().observe(method.best_prompt(), [batch])
        return float(cross_entropy(logits, batch.labels)[0])

    def test_same_seed_same_first_prompts(self) -> None:
        oracle, other = ToyOracle(), ToyOracle()
        first, second = self.build(), self.build()
        for step in range(3):
            a = self.advance(first, oracle, step)
            b = self.advance(second, other, step)
            assert (a is None) == (b is None)
            assert a is None or b is None or same(a, b)
        assert same(first.best_prompt(), second.best_prompt())

    def test_other_seed_other_prompts(self) -> None:
        first, second = self.build(1).ask(), self.build(2).ask()
        if first is None or second is None:
            assert not method_class(self.name).trains
            return
        assert not same(first, second)

    def test_never_one_query_above_the_budget(self) -> None:
        for budget in (1, 7, 23):
            oracle, method = ToyOracle(budget), self.build()
            for step in range(50):
                if self.advance(method, oracle, step) is None:
                    break
            assert oracle.method.queries <= budget

    @pytest.mark.parametrize("steps", [0, 1, 2, 5])
    def test_state_goes_through_files_and_back(self, steps: int) -> None:
        oracle, method = ToyOracle(), self.build()
        for step in range(steps):
            self.advance(method, oracle, step)
        restored = self.build()
        restored.load(through_files(method.state()))
        assert same(restored.best_prompt(), method.best_prompt())
        for step in range(steps, steps + 2):
            a = self.advance(method, ToyOracle(), step)
            b = self.advance(restored, ToyOracle(), step)
            assert a is None or b is None or same(a, b)
        assert same(restored.best_prompt(), method.best_prompt())

    def test_a_state_does_not_change_after_it_was_taken(self) -> None:
        oracle, method = ToyOracle(), self.build()
        self.advance(method, oracle, 0)
        state = method.state()
        before = {name: tensor.clone() for name, tensor in state.tensors.items()}
        self.advance(method, oracle, 1)
        assert all(torch.equal(before[name], state.tensors[name]) for name in before)

    def test_improves_on_a_convex_problem(self) -> None:
        if not method_class(self.name).trains:
            assert self.build().ask() is None
            return
        oracle, method = ToyOracle(self.budget), self.build()
        start = self.loss(method)
        step = 0
        while self.advance(method, oracle, step) is not None:
            step += 1
        assert self.loss(method) < 0.9 * start

    def test_global_random_state_is_left_alone(self) -> None:
        torch.manual_seed(0)
        expected = torch.rand(1)
        torch.manual_seed(0)
        self.advance(self.build(), ToyOracle(), 0)
        assert torch.equal(torch.rand(1), expected)
