"""What a method proposes first, and where it stands after three steps, on the toy oracle.

`python -m querycurve.testing.pins FILE NAME ...` writes the pins of some methods, by name or place,
into a JSON file beside those of others: do that together with a higher `version` of a method whose
proposals were meant to change.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from methods.interface import Prompts, Scores, Settings
from methods.registry import method_variant
from querycurve.testing.toy_oracle import SPACE, ToyOracle, toy_batch, toy_images, toy_problem

CLOSE = 1e-3
"""Another CPU or thread count rounds differently, and estimates divide rounding by small radii; a
change of any formula is far larger."""

Pins = Mapping[str, Any]


def pins(name: str, changed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Summaries of first proposals and of the state after three steps.

    Args:
        name: of a method or a variant, or a place.
        changed: settings on top of the name's own.
    """
    kind, defaults = method_variant(name)
    settings: Settings = kind.settings_type.model_validate({**defaults, **(changed or {})})
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


def assert_as_pinned(found: Pins, expected: Pins) -> None:
    """Fails where a method proposes, keeps or deploys something else than was pinned."""
    assert found["version"] == expected["version"]
    for part in ("first", "after_three", "deployed"):
        assert set(found[part]) == set(expected[part])
        for tensor, pinned in expected[part].items():
            size, norm, total, *entries = pinned
            found_size, found_norm, found_total, *found_entries = found[part][tensor]
            near = CLOSE * (norm / math.sqrt(size) if size else 0.0)
            assert found_size == size
            assert math.isclose(found_norm, norm, rel_tol=CLOSE), tensor
            assert math.isclose(found_total, total, rel_tol=CLOSE, abs_tol=CLOSE * norm), tensor
            for here, there in zip(found_entries, entries, strict=True):
                assert math.isclose(here, there, rel_tol=CLOSE, abs_tol=near), tensor


def own_name(name: str) -> str:
    """What a method calls itself, with the variant; `name` may be a place."""
    _, at, variant = name.partition("@")
    return f"{method_variant(name)[0].name}{at}{variant}"


def read_pins(file: Path) -> dict[str, Any]:
    """All pins of a file, by name."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def write_pins(file: Path, made: Pins) -> None:
    """Writes pins by name; those of others, if the file has any, stay."""
    kept = read_pins(file) if file.exists() else {}
    text = json.dumps({**kept, **made}, indent=1)
    file.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    target, *names = sys.argv[1:]
    write_pins(Path(target), {own_name(name): pins(name) for name in names})
