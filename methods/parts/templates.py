"""Hand-written prompts that methods bring along, whatever the dataset."""

from __future__ import annotations

from open_clip import OPENAI_IMAGENET_TEMPLATES

IMAGENET_80: tuple[str, ...] = tuple(template("{}") for template in OPENAI_IMAGENET_TEMPLATES)
"""The 80 templates that CLIP's authors ensemble on ImageNet (Radford et al., ICML 2021)."""
