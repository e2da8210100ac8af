"""Images of every mode become RGB; broken ones say so."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets.decoding import Undecodable, decode, png
from benchmarks.datasets.interface import Item
from tests.benchmarks.datasets.trees import coop_tree

TURNED = 6
"""EXIF orientation of a photo taken with the camera on its side."""


def file_of(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "expected"),
    [
        ("L", 100, "PNG", (100, 100, 100)),
        ("1", 1, "PNG", (255, 255, 255)),
        ("LA", (100, 0), "PNG", (100, 100, 100)),
        ("RGBA", (10, 20, 30, 0), "PNG", (10, 20, 30)),
        ("CMYK", (0, 255, 255, 0), "TIFF", (255, 0, 0)),
        ("I;16", 65535, "PNG", (255, 255, 255)),
        ("I;16", 25700, "PNG", (100, 100, 100)),
    ],
)
def test_every_mode_becomes_rgb(
    mode: str, colour: object, kind: str, expected: tuple[int, int, int]
) -> None:
    image = decode(file_of(Image.new(mode, (8, 6), colour), kind))  # type: ignore[arg-type]
    assert (image.mode, image.size) == ("RGB", (8, 6))
    assert image.getpixel((3, 3)) == expected


def test_palettes_and_cmyk_jpegs_keep_their_colours() -> None:
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    assert decode(file_of(red.quantize(4), "GIF")).getpixel((0, 0)) == (255, 0, 0)
    pixel = decode(file_of(red.convert("CMYK"), "JPEG")).getpixel((4, 4))
    assert isinstance(pixel, tuple)
    assert np.abs(np.subtract(pixel, (255, 0, 0))).max() < 20


def test_exif_turns_an_image_only_where_it_is_asked_to() -> None:
    exif = Image.Exif()
    exif[0x0112] = TURNED
    data = file_of(Image.new("RGB", (20, 10)), "JPEG", exif=exif)
    assert decode(data).size == (20, 10)
    assert decode(data, upright=True).size == (10, 20)


def test_a_truncated_image_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = file_of(Image.fromarray(noise), "JPEG")
    with pytest.raises(Undecodable, match="truncated"):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"", b"not an image", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(data)


def test_png_is_lossless() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (9, 7, 3), dtype=np.uint8)
    assert (np.asarray(decode(png(Image.fromarray(noise)))) == noise).all()


def test_a_datasets_encoded_image_is_its_file(tmp_path: Path) -> None:
    dataset = coop_tree(tmp_path, "dtd")
    item = Item("a/1.jpg", 0)
    file = tmp_path / "dtd" / "images" / "a" / "1.jpg"
    assert dataset.encoded(item) == file.read_bytes()
    assert decode(dataset.encoded(item)).tobytes() == dataset.open(item).tobytes()
