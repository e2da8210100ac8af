"""Hand-written prompts to search among: a dataset's own, CLIP's for ImageNet, a grammar's."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import product
from typing import Annotated

from pydantic import AfterValidator

from methods.interface import Problem, SettingsError
from methods.lazy_torch import torch
from methods.parts.checks import shown
from methods.parts.seeding import generator

ARTICLES = ("a", "the")
ADJECTIVES = ("blurry", "bright", "close-up", "cropped", "dark", "large", "plain", "small")
NOUNS = (
    "photo",
    "picture",
    "drawing",
    "sketch",
    "painting",
    "pattern",
    "symbol",
    "close-up",
    "satellite photo",
    "black and white photo",
)
ENDINGS = ("objects", "texture", "pattern", "surface", "shape", "scene", "sign", "in the distance")


def checked_template(template: str) -> str:
    """The template, if it is one line with one `{}`.

    Raises:
        ValueError: it is something else; says what is expected.
    """
    if template.count("{}") != 1 or "\n" in template:
        raise ValueError(
            f"a template is one line with one {{}} for the class name, but got {shown(template)}"
        )
    return template


Template = Annotated[str, AfterValidator(checked_template)]
"""A prompt of a user, in settings: refused unless it has one `{}`."""


def bank(problem: Problem, proposals: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Templates to search among, without repetition; the dataset's own is the first.

    Those that don't fit beside the longest class name are left out, except the dataset's own. With
    proposals of a user, these alone follow it.

    Raises:
        SettingsError: a proposal doesn't fit beside the longest class name.
    """
    own = problem.templates[0]
    if proposals is not None:
        for one in proposals:
            if not fits(one, problem):
                raise SettingsError(
                    f"the proposal {shown(one)} is too long: beside the longest class name there "
                    f"is room for {problem.space.context_tokens} tokens. Shorten it or leave it out"
                )
        return tuple(dict.fromkeys((own, *proposals)))
    others = (*problem.templates, *problem.ensemble, *imagenet_templates(), *_spoken())
    return tuple(dict.fromkeys((own, *(one for one in others if fits(one, problem)))))


def ordered(templates: tuple[str, ...], seed: int) -> tuple[str, ...]:
    """The dataset's own template, and the others in an order of the seed's."""
    order = torch.randperm(len(templates) - 1, generator=generator(seed, "template_search", "bank"))
    return (templates[0], *(templates[1 + one] for one in order.tolist()))


def fits(template: str, problem: Problem) -> bool:
    """Whether a template surely fits beside the longest class name.

    Its words before and after the name are counted apart, and a full stop that ends the name is
    counted as well: so a template may be found too long by a token that it doesn't have. True where
    words can't be counted.
    """
    if problem.words is None:
        return True
    used = sum(problem.words.count(part) for part in template.split("{}"))
    return used <= problem.space.context_tokens


def longest(templates: tuple[str, ...], problem: Problem, most: int = 8) -> tuple[str, ...]:
    """The dataset's own template and the longest others: if these fit, all do."""

    def length(template: str) -> int:
        return problem.words.count(template) if problem.words else len(template.split())

    return tuple(dict.fromkeys((templates[0], *sorted(templates, key=length)[-most:])))


@cache
def imagenet_templates() -> tuple[str, ...]:
    """CLIP's 80 templates for ImageNet (Radford et al., ICML 2021)."""
    text = files("methods").joinpath("data/imagenet_templates.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def _spoken() -> list[str]:
    """Sentences of a small grammar: article, perhaps an adjective, noun, article, class, ending."""
    plain = [f"{a} {noun} of {b} {{}}." for a, noun, b in product(("a",), NOUNS, ARTICLES)]
    adorned = [f"a {adjective} {noun} of a {{}}." for adjective, noun in product(ADJECTIVES, NOUNS)]
    ended = [f"a photo of a {{}} {ending}." for ending in ENDINGS]
    bare = ["{}", "{}.", "a {}.", "the {}.", "{} objects."]
    return [*plain, *adorned, *ended, *bare]
