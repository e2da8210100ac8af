"""What a person can ask of the bench."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

import torch

from methods.registry import method_names
from orchestrator.precision import Precision
from tests.performance.cells.model import WHOLE

_GPU: dict[str, Any] = {
    "classes": 100,
    "shots": 16,
    "test_images": 400,
    "batch": 128,
    "layers": WHOLE,
    "precision": "bf16",
}
"""What is larger by default where there is a GPU, so that it has something to do."""
_ABOUT = """\
Runs a cell of each method on ViT-B/16's shapes, untrained, from made-up photographs of 500 x 375
pixels: with the path of pixels as it was before packs, then as it is now with empty packs, then
with full ones, in turns. Prints where the seconds of cells go, what each stage costs, and whether
the traces are equal; where they are not, the exit code is 1."""


@dataclass(frozen=True)
class Options:
    """What is run.

    Attributes:
        classes: classes of the made-up dataset.
        shots: training images per class.
        test_images: test images in all.
        batch: images in a query.
        steps: steps of each method.
        points: measurements after the start.
        layers: layers of each tower; ViT-B/16 has 12.
        image_size: height and width of the model's input, in pixels.
        precision: number format of the model.
        threads: CPU threads for the model.
        decoders: CPU threads that prepare images on the new path; the old one has 4.
        minutes: how long it may take; methods that don't fit are left out.
        only: methods to run, however long they take; empty for all that fit.
        profile: method whose warm cell is profiled; empty for none.
        json: where all figures are written; None for nowhere.
    """

    classes: int = 10
    shots: int = 4
    test_images: int = 20
    batch: int = 4
    steps: int = 2
    points: int = 1
    layers: int = 2
    image_size: int = 224
    precision: Precision = "fp32"
    threads: int = 1
    decoders: int = os.cpu_count() or 1
    minutes: float = 3.0
    only: tuple[str, ...] = ()
    profile: str = ""
    json: Path | None = None


def parsed(words: Sequence[str]) -> Options:
    """The options that the words of a command line say."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.performance.cells",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual = Options(**_GPU) if torch.cuda.is_available() else Options()
    counts = {
        "classes": "classes of the made-up dataset",
        "shots": "training images per class",
        "test-images": "test images in all",
        "batch": "images in a query",
        "steps": "steps of each method",
        "points": "measurements after the start",
        "layers": f"layers of each tower, of {WHOLE}; few on a CPU",
        "image-size": "height and width of the model's input, a multiple of 16",
        "threads": "CPU threads for the model",
        "decoders": "threads that prepare images on the new path; the old one has 4",
    }
    for name, meaning in counts.items():
        default = getattr(usual, name.replace("-", "_"))
        said = f"{meaning} (default {default})"
        parser.add_argument(f"--{name}", type=_positive, default=default, metavar="N", help=said)
    said = f"number format of the model (default {usual.precision})"
    formats = get_args(Precision)
    parser.add_argument("--precision", choices=formats, default=usual.precision, help=said)
    said = f"leave out methods that don't fit into so many minutes (default {usual.minutes:g})"
    parser.add_argument("--minutes", type=float, default=usual.minutes, metavar="T", help=said)
    known = method_names()
    said = f"methods to run, however long they take (default all): {', '.join(known)}"
    parser.add_argument("--only", nargs="+", choices=known, default=(), metavar="M", help=said)
    said = "also print what costs most in a warm cell of this method"
    parser.add_argument("--profile", choices=known, default="", metavar="M", help=said)
    said = "also write all figures to a file"
    parser.add_argument("--json", type=Path, metavar="FILE", help=said)
    given = vars(parser.parse_args(words))
    chosen = {field.name: given[field.name] for field in fields(Options)}
    return Options(**{**chosen, "only": tuple(given["only"])})


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text}")
    return number
