"""What each method proposes first, and where it stands after three steps, on the toy oracle.

`python -m tests.methods.pins` writes `pins.json` anew: do that together with a higher `version` of
the method whose proposals were meant to change, and of no other.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from methods.interface import Prompts, Scores
from methods.registry import method_names, method_variant, variant_names
from tests.conformance.toy_oracle import SPACE, ToyOracle, toy_batch, toy_images, toy_problem

FILE = Path(__file__).with_name("pins.json")
SMALL = {
    "bptvlm": {"text_dimension": 12, "visual_dimension": 6},
    "blackvip_se": {"components": 6},
    "bbt": {"dimension": 12},
    "craft": {"dimension": 12},
    "sharpzo": {"dimension": 6, "population": 4, "most_at_once": 4},
}


def pins(name: str) -> dict[str, Any]:
    """Summaries of first proposals and of the state after three steps."""
    kind, defaults = method_variant(name)
    settings = kind.settings_type.model_validate({**defaults, **SMALL.get(kind.name, {})})
    method, oracle = kind(toy_problem(), settings), ToyOracle()
    size = kind.image_size(SPACE, settings)
    first = method.ask()
    for _ in range(3):
        prompts, choice = method.ask(), method.images()
        if prompts is not None:
            batch = toy_images(choice, oracle.drawn, image_size=size)
            method.tell(Scores(oracle.query(prompts, batch), batch.labels, batch.examples))
            oracle.drawn += choice == "next"
    state = method.state()
    return {
        "version": kind.version,
        "first": {} if first is None else _summaries(_parts(first, size)),
        "after_three": _summaries(state.tensors),
        "deployed": _summaries(_parts(method.best_prompt(), size)),
    }


def _parts(prompts: Prompts, size: int) -> dict[str, Tensor]:
    parts = {"context": prompts.context, "visual_tokens": prompts.visual_tokens}
    if prompts.deep is not None:
        parts |= {"deep_text": prompts.deep.text, "deep_visual": prompts.deep.visual}
    found = {name: part for name, part in parts.items() if part is not None}
    images = toy_batch(9, image_size=size).images
    if prompts.pixels is not None and images is not None:
        found["pixels"] = torch.stack(
            [prompts.pixels.apply(images, k) for k in range(prompts.count)]
        )
    return found


def _summaries(tensors: Any) -> dict[str, list[float]]:
    """Shape, norm, sum and a few entries from all over each tensor."""
    return {name: _summary(tensor.double().flatten()) for name, tensor in sorted(tensors.items())}


def _summary(values: Tensor) -> list[float]:
    places = torch.linspace(0, max(0, len(values) - 1), min(len(values), 6)).long()
    numbers = [float(len(values)), float(values.norm()), float(values.sum())]
    return [float(f"{number:.7g}") for number in (*numbers, *values[places].tolist())]


if __name__ == "__main__":
    everything = {name: pins(name) for name in (*method_names(), *variant_names())}
    FILE.write_text(json.dumps(everything, indent=1) + "\n")
