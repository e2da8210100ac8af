"""Zero-shot: which hand-written prompts it answers with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.datasets.registry import dataset_class
from methods.zero_shot import ZeroShot, ZeroShotSettings
from tests.methods.problems import problem


@pytest.mark.parametrize(
    ("name", "count"),
    [("imagenet", 7), ("imagenet_v2", 8), ("imagenet_sketch", 8), ("dtd", 8), ("caltech101", 8)],
)
def test_imagenets_own_template_is_not_in_its_ensemble(name: str, count: int) -> None:
    card = dataset_class(name).card
    given = replace(problem(), templates=card.templates, ensemble=card.ensemble)
    settings = ZeroShotSettings.model_validate(ZeroShot.variants["ensemble"])
    templates = ZeroShot(given, settings).best_prompt().templates
    assert templates is not None
    assert len(templates) == len(set(templates)) == count
    assert (card.templates[0] in templates) is (count == 8)
    alone = ZeroShot(given, ZeroShotSettings()).best_prompt().templates
    assert alone == card.templates[:1], "by itself, it is zero-shot's everywhere"


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


def test_a_plan_is_told_every_template() -> None:
    settings = ZeroShotSettings(templates="imagenet_80")
    every = ZeroShot(problem(), settings).best_prompt().templates
    assert every is not None
    assert set(ZeroShot.demand(problem(), settings).templates) == set(every)
