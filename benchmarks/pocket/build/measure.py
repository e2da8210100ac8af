"""Measures the pocket's datasets: `python -m benchmarks.pocket.build.measure [DATASET ...]`.

Prints zero-shot accuracy, a 16-shot linear probe, and a 16-shot soft prompt tuned with gradients
(a reference, not an upper bound). On the validation images it also says whether a set is admitted:
zero-shot from 35 to 65 and a probe at least 10 points above, so that there is something to gain
and an image tower that allows it.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.datasets.interface import Dataset, DatasetError, Item, Split
from benchmarks.datasets.registry import dataset_names, open_dataset
from benchmarks.pocket.build.baselines import gradient_reference, linear_probe, zero_shot
from benchmarks.pocket.build.clip import MODEL, Clip, encode_images, load_clip

SHOTS = 16
LOWEST, HIGHEST, HEADROOM = 35.0, 65.0, 10.0


@dataclass(frozen=True)
class Measured:
    """Accuracies of a dataset, in percent."""

    zero_shot: float
    linear_probe: float
    gradient_reference: float

    @property
    def verdict(self) -> str:
        """Whether prompts have something to gain here; only meaningful on validation images."""
        if self.zero_shot < LOWEST:
            return f"too hard (zero-shot below {LOWEST:g})"
        if self.zero_shot > HIGHEST:
            return f"too easy (zero-shot above {HIGHEST:g})"
        if self.linear_probe < self.zero_shot + HEADROOM:
            return f"no headroom (probe less than {HEADROOM:g} above zero-shot)"
        return "admitted"


def measure(dataset: Dataset, split: Split, clip: Clip | None = None) -> Measured:
    """Measures a dataset on one of its splits; trains on 16 images per class."""
    clip = clip or load_clip()
    names = dataset.class_names()
    train = encode_images(clip, dataset, first_shots(dataset.items("train"), SHOTS))
    val = encode_images(clip, dataset, dataset.items("val"))
    images = val if split == "val" else encode_images(clip, dataset, dataset.items(split))
    return Measured(
        zero_shot(clip, names, dataset.card.templates[0], images),
        linear_probe(train, val, images),
        gradient_reference(clip, names, train, val, images),
    )


def first_shots(items: Sequence[Item], shots: int) -> list[Item]:
    """The first `shots` images of every class."""
    seen: dict[int, int] = {}
    chosen = []
    for item in items:
        seen[item.label] = seen.get(item.label, 0) + 1
        if seen[item.label] <= shots:
            chosen.append(item)
    return chosen


def main() -> None:
    """Entry point of the command line."""
    known = [name for name in dataset_names() if name.startswith("pocket_")]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="DATASET", help=f"of {', '.join(known)}")
    parser.add_argument("--split", choices=("val", "test"), default="val", help="images to score")
    parser.add_argument("--model", type=Path, default=MODEL, help="folder of the model")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"unknown dataset {unknown[0]!r}; known: {', '.join(known)}")
    torch.set_num_threads(options.threads)
    clip = load_clip(options.model)
    print(f"{'dataset':22} {'zero-shot':>9} {'probe':>6} {'gradient':>8}", flush=True)
    for name in options.names or known:
        try:
            measured = measure(open_dataset(name, Path()), options.split, clip)
        except DatasetError as error:
            parser.exit(1, f"{error}\n")
        print(_line(name, measured, options.split), flush=True)


def _line(name: str, measured: Measured, split: Split) -> str:
    numbers = (
        f"{measured.zero_shot:9.1f} {measured.linear_probe:6.1f} {measured.gradient_reference:8.1f}"
    )
    # The rule is for choosing sets, and test images have no part in that.
    return f"{name:22} {numbers}  {measured.verdict if split == 'val' else ''}".rstrip()


if __name__ == "__main__":
    main()
