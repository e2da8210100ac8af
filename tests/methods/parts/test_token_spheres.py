"""Contexts whose tokens have one length."""

import math

import torch

from methods.parts.seeding import generator
from methods.parts.token_spheres import TokenSpheres
from querycurve.testing.toy_oracle import toy_problem

SPHERES = TokenSpheres(tokens=2, length=0.3)


def test_projection_keeps_the_direction_of_each_token() -> None:
    points = torch.randn(3, 8, generator=generator(1, "points"), dtype=torch.float64)
    projected = SPHERES.project(points).reshape(3, 2, 4)
    tokens = points.reshape(3, 2, 4)
    torch.testing.assert_close(projected.norm(dim=-1), torch.full((3, 2), math.sqrt(0.5)).double())
    torch.testing.assert_close(torch.cosine_similarity(projected, tokens, dim=-1),
                               torch.ones(3, 2).double())  # fmt: skip


def test_tokens_of_a_context_have_the_given_length() -> None:
    context = SPHERES.prompts(SPHERES.project(torch.ones(1, 8).double())).context
    assert context is not None
    torch.testing.assert_close(context.norm(dim=-1), torch.full((1, 2), 0.3))


def test_starts_are_all_random_where_words_are_too_few() -> None:
    few, none = (
        SPHERES.starts(toy_problem(), words, 3, generator(1, "starts")) for words in ("a", "")
    )
    assert torch.equal(few, none)
    enough = SPHERES.starts(toy_problem(), "photo of a", 3, generator(1, "starts"))
    assert torch.equal(enough[1:], none[1:])
    assert not torch.equal(enough[0], none[0])
