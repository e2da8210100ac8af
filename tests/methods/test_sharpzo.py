"""SharpZO's two stages against their formulas written out, their costs, and settings' limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from methods.interface import Named, Scores, SettingsError, TrainingSize
from methods.parts.cma_es import BoundedCmaEs, CmaEs
from methods.parts.directions import gaussian
from methods.parts.seeding import generator
from methods.registry import method_variant
from methods.sharpzo import SharpZo, SharpZoSettings
from querycurve.testing.toy_oracle import SPACE, ToyWords, toy_problem
from tests.methods.problems import numpy_loss, scores

Numbers = NDArray[np.float64]

SMALL: Mapping[str, Any] = {"dimension": 5, "population": 4, "fitness_batches": 1}
EUROSAT, PETS, CLASSES_100 = (TrainingSize(16 * c, 128) for c in (10, 37, 100))


def build(name: str = "sharpzo", budget: int = 1000, **settings: Any) -> SharpZo:
    kind, defaults = method_variant(name)
    method = kind(
        toy_problem(budget=budget),
        kind.settings_type.model_validate({**defaults, **SMALL, **settings}),
    )
    assert isinstance(method, SharpZo)
    return method


class Twin:
    """Answers a method's asks at random, and looks at where they are in the space of points."""

    def __init__(self, method: SharpZo, std: float = 1.0) -> None:
        self.method, self.step = method, 0
        draw = generator(1, "sharpzo", "start")
        self.matrix = std * torch.randn(4 * SPACE.text_width, 5, generator=draw).double().numpy()
        self.start = 0.02 * torch.randn(5, generator=draw, dtype=torch.float64).numpy()
        self.words = ToyWords().embed("a photo of a").double().numpy().flatten()

    def phase(self, points: Numbers) -> Numbers:
        """The losses `(P,)` of the points that the method must ask about now."""
        losses: list[float] = []
        while len(losses) < len(points):
            asked = self.method.ask().context
            assert asked is not None
            expected = self.words + points[len(losses) : len(losses) + len(asked)] @ self.matrix.T
            np.testing.assert_allclose(asked.flatten(1).numpy(), expected, rtol=1e-6, atol=1e-6)
            answer = scores(self.step, len(asked))
            self.method.tell(answer)
            self.step += 1
            losses += [numpy_loss(row.numpy(), answer.labels.numpy()) for row in answer.logits]
        return np.array(losses)

    @property
    def point(self) -> Numbers:
        return self.method.state().tensors["parameters"].numpy()


def around(point: Numbers, directions: Numbers, radius: float) -> Numbers:
    """+1, -1, +2, -2, ..."""
    return np.concatenate([[point + radius * d, point - radius * d] for d in directions])


def slopes(losses: Numbers, radius: float) -> Numbers:
    return (losses[::2] - losses[1::2]) / (2 * radius)


def drawn(count: int, *purpose: str | int) -> Numbers:
    return gaussian(count, 5, generator(1, "sharpzo", *purpose)).double().numpy()


def test_both_stages_equal_the_formulas_written_out() -> None:
    method = build(stage_one_steps=2, mask_steps=2, step_size=0.01, most_at_once=3)
    twin, search = Twin(method), CmaEs(4, 5, 0.4, 1)
    point = twin.start
    for _ in range(2):  # stage one
        g = slopes(twin.phase(around(point, np.eye(5), 1e-3)), 1e-3)
        shifted = twin.start + search.ask().numpy() + 0.1 * g / np.linalg.norm(g)
        search.tell(torch.from_numpy(twin.phase(shifted)))
        point = twin.start + search.mean.numpy()
        np.testing.assert_allclose(twin.point, point, atol=1e-6)
    for step in range(4):  # stage two
        if step % 2 == 0:
            g = slopes(twin.phase(around(point, np.eye(5), 1e-3)), 1e-3)
            score = point**2 * (g**2 - np.mean(g**2)) / np.std(g**2)
            mask = np.isin(np.arange(5), np.argsort(score)[-3:])
        u = drawn(1, "pairs", "two", step) * mask
        slope = slopes(twin.phase(around(point, u, 1e-3)), 1e-3)
        point = point - 0.01 * slope[0] * u[0]
        np.testing.assert_allclose(twin.point, point, atol=1e-6)


def test_random_directions_take_the_place_of_coordinates() -> None:
    method = build("sharpzo@random-directions", directions=3, projection_std=1.0, rho=0.1)
    radius, sigma = method._settings.smoothing, method._settings.sigma
    twin, search = Twin(method), CmaEs(4, 5, sigma, 1)
    point = twin.start
    for step in range(2):
        u = drawn(3, "gradient", "one", step)
        g = np.mean(slopes(twin.phase(around(point, u, radius)), radius)[:, None] * u, axis=0)
        shifted = twin.start + search.ask().numpy() + 0.1 * g / np.linalg.norm(g)
        search.tell(torch.from_numpy(twin.phase(shifted)))
        point = twin.start + search.mean.numpy()
        np.testing.assert_allclose(twin.point, point, atol=1e-6)


def test_without_a_radius_stage_one_is_cma_es() -> None:
    method = build("sharpzo@rho0", stage_one_steps=3)
    twin, search = Twin(method), CmaEs(4, 5, 0.4, 1)
    for _ in range(3):
        search.tell(torch.from_numpy(twin.phase(twin.start + search.ask().numpy())))
        np.testing.assert_allclose(twin.point, twin.start + search.mean.numpy(), atol=1e-6)


def test_the_released_code_sums_up_all_estimates_and_masks_nothing() -> None:
    method = build("sharpzo@released", stage_one_steps=1)
    twin, search = Twin(method), BoundedCmaEs(4, 5, 0.4, 1, 5.0)
    g = slopes(twin.phase(around(np.zeros(5), np.eye(5), 1e-3)), 1e-3)
    shift = 0.1 / math.sqrt(40) * g / np.linalg.norm(g)
    search.tell(torch.from_numpy(twin.phase(search.ask().numpy() + shift)))
    point, total = search.mean.numpy(), g
    for step in range(3):
        u = drawn(1, "pairs", "two", step)
        total = total + slopes(twin.phase(around(point, u, 1e-3)), 1e-3)[0] * u[0]
        point = point - 1e-3 * total
        np.testing.assert_allclose(twin.point, point, rtol=1e-6)


def test_a_projection_of_bbts_law_moves_by_the_embeddings_spread() -> None:
    method = build(projection_std=None, dimension=100, sigma=2.0, rho=0, population=50)
    asked = method.ask().context
    assert asked is not None
    moved = (asked - ToyWords().embed("a photo of a")).std()
    assert float(moved) == pytest.approx(SPACE.token_embedding_std, rel=0.1)


def test_all_points_of_a_phase_meet_the_same_mini_batch() -> None:
    method = build(most_at_once=3)  # 10 probes in 4 asks, 4 candidates in 2
    images = []
    for answer in range(6):
        prompts = method.ask()
        images.append((prompts.count, method.images()))
        method.tell(scores(answer, prompts.count))
    assert images == [
        (3, "next"), (3, "same"), (3, "same"), (1, "same"), (3, "next"), (1, "same")
    ]  # fmt: skip


def test_by_default_every_point_meets_every_training_image() -> None:
    method = build(fitness_batches=None)
    met: list[int] = []
    for answer in range(3):
        choice = method.images()
        assert isinstance(choice, Named)
        met += choice.examples
        method.tell(scores(answer, method.ask().count))
    assert sorted(met) == list(range(13))
    assert method.ask().count == 4, "then comes the generation"


@pytest.mark.parametrize(
    ("name", "size", "queries"),
    [
        ("sharpzo", EUROSAT, 2 * 1064),
        ("sharpzo", PETS, 5 * 1064),
        ("sharpzo", CLASSES_100, 13 * 1064),
        ("sharpzo@released", EUROSAT, 2 * 1064),
        ("sharpzo@rho0", CLASSES_100, 13 * 40),
        ("sharpzo@random-directions", CLASSES_100, 30),
    ],
)
def test_a_step_of_stage_one_is_counted_whole(name: str, size: TrainingSize, queries: int) -> None:
    kind, defaults = method_variant(name)
    settings = kind.settings_type.model_validate(defaults)
    demand = kind.demand(toy_problem(), settings)
    assert kind.step_queries(settings, demand, size) == queries


def stages(method: SharpZo, budget: int) -> list[tuple[str, int]]:
    """Phases of a run and their queries, as far as the budget lasts."""
    found: list[tuple[str, int]] = []
    spent = 0
    while spent + (count := method.ask().count) <= budget:
        values = method.state().values
        stage = ("two" if values["in_stage_two"] else "one") + f" {values['phase']}"
        found.append((stage, count))
        method.tell(scores(spent, count))
        spent += count
    return found


def test_stage_one_has_its_share_of_the_budget() -> None:
    phases = stages(build(budget=70, stage_one_share=0.5, mask_steps=2), 70)
    step, mask = [("one gradient", 10), ("one population", 4)], [("two gradient", 10)]
    pair = [("two pairs", 2)]
    assert phases == [*step, *step, *(3 * [*mask, *pair, *pair])]
    assert sum(queries for _, queries in phases) == 70


def test_stage_one_goes_on_if_stage_two_can_not_be_paid() -> None:
    phases = stages(build(budget=25, stage_one_share=0.3), 25)
    assert phases == [("one gradient", 10), ("one population", 4), ("one gradient", 10)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rho": -1}, "greater"),
        ({"prune_ratio": 1}, "less than 1"),
        ({"stage_one_share": 1.5}, "less than or equal to 1"),
        ({"stage_one_steps": 0}, "greater"),
        ({"population": 1}, "greater"),
        ({"gradient": "both"}, "coordinates"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SharpZoSettings.model_validate(settings)


def test_too_few_tokens_for_the_words_are_refused_by_the_plan() -> None:
    with pytest.raises(SettingsError, match="at least 4"):
        SharpZo.demand(toy_problem(), SharpZoSettings(context_tokens=2))


def test_flat_losses_shift_nothing() -> None:
    method, flat = build(), scores(0, 1)
    count = method.ask().count
    method.tell(Scores(flat.logits.expand(count, -1, -1), flat.labels, flat.examples))
    asked = method.ask().context
    assert asked is not None
    assert torch.isfinite(asked).all()
