"""Hand-written prompts that methods use for every dataset."""

from __future__ import annotations


def imagenet_80() -> tuple[str, ...]:
    """The 80 templates that CLIP's authors ensemble on ImageNet (Radford et al., ICML 2021)."""
    from open_clip import OPENAI_IMAGENET_TEMPLATES

    return tuple(template("{}") for template in OPENAI_IMAGENET_TEMPLATES)
