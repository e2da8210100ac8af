"""Zero-shot: which hand-written prompts it answers with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from methods.zero_shot import ZeroShot, ZeroShotSettings
from tests.methods.problems import problem


@pytest.mark.parametrize(
    ("variant", "count", "first"),
    [(None, 1, "a {}."), ("ensemble", 2, "a {}."), ("imagenet-80", 80, "a bad photo of a {}.")],
)
def test_templates(variant: str | None, count: int, first: str) -> None:
    given = replace(problem(), templates=("a {}.", "the {}."))
    defaults = ZeroShot.variants[variant] if variant else {}
    templates = ZeroShot(given, ZeroShotSettings.model_validate(defaults)).best_prompt().templates
    assert templates is not None
    assert (len(templates), templates[0]) == (count, first)
    assert all(template.count("{}") == 1 for template in templates)


def test_a_plan_is_told_the_longest_of_the_templates() -> None:
    settings = ZeroShotSettings(templates="imagenet_80")
    every = ZeroShot(problem(), settings).best_prompt().templates
    assert every is not None
    (told,) = ZeroShot.demand(problem(), settings).templates
    assert told in every
    assert len(told.split()) == max(len(template.split()) for template in every)
