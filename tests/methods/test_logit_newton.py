"""Logit Newton: its step against the formulas written out, its memory and its working set."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.interface import Named, Scores, SettingsError, State
from methods.logit_newton import LogitNewton, LogitNewtonSettings
from methods.parts.logit_memory import LogitMemory
from methods.parts.logit_span import LogitSpan
from methods.parts.readouts import centred_scores
from methods.parts.seeding import generator
from methods.parts.softmax_regression import softmax_regression, validated_strength
from querycurve.testing.toy_oracle import EXAMPLES, SPACE, ToyOracle, toy_images, toy_problem
from tests.methods.problems import POCKET, problem

SMALL: dict[str, Any] = {"context_tokens": 2, "candidates": 4}


def build(budget: int = 200, **settings: Any) -> LogitNewton:
    chosen = LogitNewtonSettings.model_validate({**SMALL, **settings})
    return LogitNewton(toy_problem(budget=budget), chosen)


def advance(method: LogitNewton, oracle: ToyOracle) -> tuple[dict[str, float], tuple[int, ...]]:
    """One ask-query-tell: what was measured, and the images that were named."""
    prompts, images = method.ask(), method.images()
    assert isinstance(images, Named)
    batch = toy_images(images, 0)
    told = Scores(oracle.query(prompts, batch), batch.labels, batch.examples)
    return dict(method.tell(told)), images.examples


def contexts(method: LogitNewton) -> torch.Tensor:
    context = method.ask().context
    assert context is not None
    return context


def test_the_step_minimises_the_loss_in_the_span_of_the_memory() -> None:
    method, oracle = build(), ToyOracle()
    for _ in range(4):
        advance(method, oracle)
    tensors, values = method.state().tensors, method.state().values
    points, logits = tensors["points"], tensors["logits"].double()
    (_, images) = advance(build(), ToyOracle())
    labels = tensors["labels"][list(images)]
    losses = [-logits[k].log_softmax(-1)[range(len(labels)), labels].mean() for k in range(16)]
    at = int(np.argmin([float(loss) for loss in losses]))
    memory = LogitMemory(points, logits)
    tangent = memory.tangent(at, memory.likeliest((0.1, 0.2, 0.4, 0.8, 1.6)))
    span = LogitSpan(logits[at], tangent.moves, labels)
    minimum = span.minimum(span.damping(values["radius"]))
    moved = points[at] + minimum.coefficients @ tangent.directions
    moved = moved.reshape(2, -1)
    moved = moved / moved.norm(dim=-1, keepdim=True) / math.sqrt(2)
    np.testing.assert_allclose(tensors["asked"][0].numpy(), moved.flatten().numpy(), atol=1e-9)
    assert values["predicted"] == pytest.approx(minimum.before - minimum.loss)


def test_probes_are_orthonormal_directions_as_long_as_the_radius() -> None:
    method = build(radius=0.25)
    advance(method, ToyOracle())
    tensors = method.state().tensors
    draw = generator(1, "logit_newton", "probes", 1)
    raw = torch.randn(2 * SPACE.text_width, 3, generator=draw, dtype=torch.float64)
    directions = torch.linalg.qr(raw).Q.mT
    expected = (tensors["best"] + 0.25 * directions).reshape(3, 2, -1)
    expected = expected / expected.norm(dim=-1, keepdim=True) / math.sqrt(2)
    torch.testing.assert_close(tensors["asked"][1:], expected.flatten(1))


def test_every_token_has_the_same_length() -> None:
    method, oracle = build(norm=3.0), ToyOracle()
    length = 3.0 * SPACE.token_embedding_std * math.sqrt(SPACE.text_width)
    for _ in range(3):
        asked = contexts(method)
        torch.testing.assert_close(asked.norm(dim=-1), torch.full((4, 2), length))
        advance(method, oracle)


def test_one_start_is_the_last_of_the_given_words() -> None:
    here = toy_problem()
    words = here.word_context("of a")
    start = contexts(build())[0]
    torch.testing.assert_close(start / start.norm(dim=-1, keepdim=True),
                               words / words.norm(dim=-1, keepdim=True))  # fmt: skip
    other = contexts(build(start_words="photo"))[0]
    assert not torch.allclose(other, start)


def test_without_words_it_starts_at_random() -> None:
    here = replace(problem(POCKET), examples=6, batch_size=6)
    method = LogitNewton(here, LogitNewtonSettings())
    assert contexts(method).shape == (4, 4, 128)


def test_what_is_deployed_is_the_best_that_was_asked() -> None:
    method, oracle = build(widen_every=1000), ToyOracle()
    lowest, previous = math.inf, math.inf
    for _ in range(12):
        asked = contexts(method)
        images = method.images()
        batch = toy_images(images, 0)
        logits = ToyOracle().query(method.ask(), batch)
        losses = (
            torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), batch.labels.repeat(4), reduction="none"
            )
            .reshape(4, -1)
            .mean(dim=1)
        )
        advance(method, oracle)
        best = method.best_prompt().context
        assert best is not None
        if float(losses.min()) < lowest:
            lowest = float(losses.min())
            torch.testing.assert_close(best[0], asked[int(losses.argmin())])
        assert lowest <= previous
        previous = lowest


def test_the_working_set_is_doubled_until_it_is_all_images() -> None:
    method, oracle, seen = build(widen_every=10, candidates=4), ToyOracle(), []
    for _ in range(40):
        seen.append(advance(method, oracle)[1])
    first = seen[0]
    assert len(set(first)) == 5
    assert seen[:3] == [first] * 3  # 12 queries: more than 10 for one mini-batch
    assert seen[3:6] == [seen[3]] * 3  # the 12 prompts so far, on the second mini-batch
    assert not set(seen[3]) & set(first)
    assert sorted({one for batch in seen for one in batch}) == list(range(EXAMPLES))
    assert {len(batch) for batch in seen} == {5, 3}


def test_after_widening_the_memory_holds_the_logits_of_all_images() -> None:
    method, oracle = build(widen_every=10, candidates=4), ToyOracle()
    for _ in range(30):
        advance(method, oracle)
    tensors = method.state().tensors
    assert tensors["logits"].shape[1] == EXAMPLES
    order = [one for part in range(3) for one in method._images.examples(part)]
    batch = toy_images(Named(tuple(order)), 0)
    expected = ToyOracle().query(method._spheres.prompts(tensors["points"]), batch)
    torch.testing.assert_close(tensors["logits"], expected)
    torch.testing.assert_close(tensors["labels"][order], batch.labels)


def test_the_memory_is_bounded_and_keeps_the_best() -> None:
    method, oracle = build(memory=8, widen_every=1000), ToyOracle()
    for _ in range(10):
        advance(method, oracle)
        tensors = method.state().tensors
        assert len(tensors["points"]) <= 9
        assert any(torch.equal(point, tensors["best"]) for point in tensors["points"])


def test_the_radius_stays_within_its_limits() -> None:
    method, oracle = build(radius=0.2, smallest_radius=0.1, largest_radius=0.3), ToyOracle()
    radii = [advance(method, oracle)[0]["radius"] for _ in range(40)]
    assert min(radii) >= 0.1
    assert max(radii) <= 0.3
    assert len(set(radii)) > 1


def test_every_ask_costs_its_candidates() -> None:
    method, oracle = build(widen_every=10), ToyOracle()
    for step in range(1, 11):
        advance(method, oracle)
        assert oracle.method.queries == 4 * step


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"candidates": 1}, "greater than or equal to 2"),
        ({"memory": 7}, "greater than or equal to 8"),
        ({"norm": 0}, "greater than 0"),
        ({"radius": 0.01}, "between smallest_radius"),
        ({"radius": 2}, "between smallest_radius"),
        ({"widen_every": 0}, "greater than or equal to 1"),
        ({"step_size": 1}, "step_size"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LogitNewtonSettings.model_validate(settings)


def test_more_candidates_than_directions_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 128"):
        build(candidates=129)


def test_too_many_context_tokens_for_the_model_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 12"):
        build(context_tokens=13)


def test_a_state_of_other_settings_is_refused() -> None:
    method = build()
    advance(method, ToyOracle())
    state = method.state()
    with pytest.raises(SettingsError, match=r"contexts of 128 numbers.* need 192"):
        build(context_tokens=3).load(State(state.tensors, state.values))


def test_the_readout_is_fitted_to_the_deployed_prompts_scores() -> None:
    method, oracle = build(readout=True, widen_every=1000), ToyOracle()
    images = Named(advance(method, oracle)[1])
    for _ in range(4):
        advance(method, oracle)
    readout, batch = method.readout(), toy_images(images, 0)
    assert readout is not None
    (_, logits), *_ = ToyOracle().observe(method.best_prompt(), [batch])
    features, prior = centred_scores(logits), torch.eye(4, dtype=torch.float64)
    strength = validated_strength(features, batch.labels, prior, 5, 0.2)
    fitted = softmax_regression(features, batch.labels, prior, strength)
    torch.testing.assert_close(readout(logits), fitted(features).float())


def test_a_readout_is_the_same_where_its_prompt_is_only_tested() -> None:
    method, oracle = build(readout=True, widen_every=8), ToyOracle()
    for _ in range(8):
        advance(method, oracle)
    elsewhere = replace(toy_problem(), examples=0)
    settings = LogitNewtonSettings.model_validate({**SMALL, "readout": True, "widen_every": 8})
    loaded = LogitNewton(elsewhere, settings)
    loaded.load(method.state())
    logits = torch.randn(1, 5, elsewhere.classes, generator=generator(3, "logits"))
    readouts = method.readout(), loaded.readout()
    assert readouts[0] is not None and readouts[1] is not None
    assert torch.equal(readouts[0](logits), readouts[1](logits))


def test_a_readout_that_has_learnt_nothing_changes_no_order() -> None:
    readout = build(readout=True).readout()
    assert readout is not None
    logits = torch.randn(1, 5, 4, generator=generator(1, "logits"))
    assert torch.equal(readout(logits).argsort(), logits[0].argsort())


def test_while_it_widens_the_readout_knows_the_images_it_had() -> None:
    method, oracle = build(readout=True, widen_every=10), ToyOracle()
    for _ in range(4):
        advance(method, oracle)
    assert method.state().tensors["logits"].shape[1] == 5
    assert method.readout() is not None


def test_only_the_variant_has_a_readout() -> None:
    assert build().readout() is None
    assert not LogitNewton.access(LogitNewtonSettings()).readout
    assert LogitNewton.access(LogitNewtonSettings(readout=True)).readout
