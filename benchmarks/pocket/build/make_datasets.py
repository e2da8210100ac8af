"""Draws the pocket's generated datasets: `python -m benchmarks.pocket.build.make_datasets`."""

import argparse
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.datasets.interface import Split
from benchmarks.pocket.build.generator.canvas import Pixels
from benchmarks.pocket.build.renderings import RENDERINGS, Rendering
from benchmarks.pocket.datasets import DATA

IMAGES_PER_CLASS: dict[Split, int] = {"train": 32, "val": 12, "test": 50}
# The test images were drawn anew, with this seed, after the list of datasets had been fixed.
SEEDS: dict[Split, int] = {"train": 1, "val": 2, "test": 2026}


@dataclass(frozen=True)
class Drawn:
    """One image of a dataset."""

    pixels: Pixels
    label: int
    split: Split


def draw(name: str, rendering: Rendering, split: Split) -> Iterator[Drawn]:
    """The images of a split, class by class; each has a random generator of its own."""
    for label in range(len(rendering.class_names)):
        for number in range(IMAGES_PER_CLASS[split]):
            seed = [SEEDS[split], zlib.crc32(name.encode()), label, number]
            pixels = rendering.draw(np.random.default_rng(seed), label)
            yield Drawn(_coarse(pixels), label, split)


def _coarse(pixels: Pixels) -> Pixels:
    """Rounds to 32 levels per channel: sensor noise does not compress, and files stay small."""
    coarse: Pixels = (pixels & np.uint8(0xF8)) | np.uint8(0x04)
    return coarse


def as_png(pixels: Pixels) -> bytes:
    """PNG bytes; greyscale when the three channels are equal."""
    grey = bool((pixels == pixels[..., :1]).all())
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if grey else pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def write_dataset(name: str, rendering: Rendering, folder: Path) -> Path:
    """Writes a dataset as one Parquet file: image bytes, label, class name and split."""
    rows = [row for split in IMAGES_PER_CLASS for row in draw(name, rendering, split)]
    table = pa.table(
        {
            "image": [as_png(row.pixels) for row in rows],
            "label": [row.label for row in rows],
            "class_name": [rendering.class_names[row.label] for row in rows],
            "split": [row.split for row in rows],
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.parquet"
    pq.write_table(table, path, compression="zstd")
    return path


def main() -> None:
    """Entry point of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RENDERINGS)}")
    parser.add_argument("--out", type=Path, default=DATA, help="folder of the Parquet files")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(RENDERINGS))
    if unknown:
        parser.error(f"unknown dataset {unknown[0]!r}; known: {', '.join(RENDERINGS)}")
    for name in options.names or RENDERINGS:
        path = write_dataset(name, RENDERINGS[name], options.out)
        print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
