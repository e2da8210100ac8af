"""A spec as it may be shown to others: without addresses of services and how they are asked."""

from collections.abc import Mapping
from typing import Any

HIDDEN = "(its address is not published)"
"""Stands in place of the address of a service, and of the file of an adapter."""

_OF_THE_RUN = frozenset({"requests_per_minute", "in_flight", "timeout", "token_from"})
_PLACES = ("service", "adapter")


def published(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a spec, its own backbone and those of its ablation without addresses."""
    shown = dict(fields)
    if "backbone" in shown:
        shown["backbone"] = _without_address(shown["backbone"])
    ablation = shown.get("ablation")
    if isinstance(ablation, Mapping) and "backbone" in ablation.get("vary", {}):
        backbones = [_without_address(one) for one in ablation["vary"]["backbone"]]
        shown["ablation"] = {**ablation, "vary": {**ablation["vary"], "backbone": backbones}}
    return shown


def _without_address(backbone: Any) -> Any:
    if not isinstance(backbone, Mapping) or not any(backbone.get(name) for name in _PLACES):
        return backbone
    kept = {name: value for name, value in backbone.items() if name not in _OF_THE_RUN}
    return {name: HIDDEN if name in _PLACES and value else value for name, value in kept.items()}
