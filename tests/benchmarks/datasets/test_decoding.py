"""Images of every mode become RGB; broken ones say so."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.datasets.decoding import Undecodable, decode, png
from benchmarks.datasets.greys import eight_bits
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
        ("RGB", (10, 20, 30), "TIFF", (10, 20, 30)),
        ("RGBX", (10, 20, 30, 0), "TIFF", (10, 20, 30)),
        ("YCbCr", (100, 128, 128), "TIFF", (100, 100, 100)),
        ("I;16", 65535, "PNG", (255, 255, 255)),
        ("I;16", 25700, "PNG", (100, 100, 100)),
        ("I;16", 25700, "TIFF", (100, 100, 100)),
        ("I;16B", 25700, "TIFF", (100, 100, 100)),
        ("I;16L", 25700, "TIFF", (100, 100, 100)),
        ("I;16", 25700, "PPM", (100, 100, 100)),
        ("I;16", 25700, "JPEG2000", (100, 100, 100)),
        ("I", 100, "TIFF", (100, 100, 100)),
        ("F", 100.0, "TIFF", (100, 100, 100)),
        ("F", 0.4, "TIFF", (102, 102, 102)),
        ("F", 1.0, "PPM", (255, 255, 255)),
    ],
)
def test_every_mode_becomes_rgb(
    mode: str, colour: object, kind: str, expected: tuple[int, int, int]
) -> None:
    image = decode(file_of(Image.new(mode, (8, 6), colour), kind))  # type: ignore[arg-type]
    assert (image.mode, image.size) == ("RGB", (8, 6))
    assert image.getpixel((3, 3)) == expected


def test_palettes_cmyk_and_lab_keep_their_colours() -> None:
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    for palette, kind in (("P", "GIF"), ("P", "PNG"), ("PA", "TIFF")):
        image = red.quantize(4).convert(palette)
        assert decode(file_of(image, kind)).getpixel((0, 0)) == (255, 0, 0)
    for mode, kind in (("CMYK", "JPEG"), ("LAB", "TIFF")):
        pixel = decode(file_of(red.convert(mode), kind)).getpixel((4, 4))
        assert isinstance(pixel, tuple)
        assert np.abs(np.subtract(pixel, (255, 0, 0))).max() < 20


def pgm(white: int, *values: int, plain: bool = False) -> bytes:
    head = f"P{2 if plain else 5} {len(values)} 1 {white}\n"
    body = " ".join(map(str, values)).encode() if plain else np.array(values, ">u2").tobytes()
    return head.encode() + body


def tiff_of_one_value(value: int, **tags: int) -> bytes:
    """A little-endian TIFF of two pixels, written by hand as Pillow writes no such tags."""
    entries = {
        "width": (256, 2), "length": (257, 1), "bits": (258, tags["bits"]), "compression": (259, 1),
        "photometric": (262, tags["photometric"]), "offset": (273, 8), "samples": (277, 1),
        "rows": (278, 1), "bytes": (279, 4),
    }  # fmt: skip
    if tags["bits"] == 12:
        data = bytes([value >> 4, (value & 15) << 4 | value >> 8, value & 255, 0])
    else:
        data = struct.pack("<HH", value, value)
    fields = b"".join(struct.pack("<HHIHH", tag, 3, 1, v, 0) for tag, v in entries.values())
    head = b"II" + struct.pack("<HI", 42, 12) + data
    return head + struct.pack("<H", len(entries)) + fields + struct.pack("<I", 0)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("white", [1023, 4095, 65535])
def test_pgm_files_state_what_white_is(white: int, plain: bool) -> None:
    image = decode(pgm(white, 0, white // 2, white, plain=plain))
    assert [image.getpixel((x, 0)) for x in range(3)] == [(v, v, v) for v in (0, 127, 255)]


def test_tiff_files_state_their_bits_and_whether_white_is_zero() -> None:
    twelve = decode(tiff_of_one_value(2048, bits=12, photometric=1))
    assert twelve.getpixel((0, 0)) == (128, 128, 128)
    white_is_zero = decode(tiff_of_one_value(0, bits=16, photometric=0))
    assert white_is_zero.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG2000", "PPM"])
@given(
    values=st.lists(st.integers(0, 65535), min_size=4, max_size=4).filter(lambda v: max(v) > 4095)
)
def test_sixteen_bits_keep_their_order_and_range(kind: str, values: list[int]) -> None:
    image = decode(file_of(Image.fromarray(np.array([values], np.uint16)), kind))
    assert np.abs(np.asarray(image)[0, :, 0] - np.array(values) / 257).max() <= 1


def png_of_sixteen_bits(kind: int, *values: int) -> bytes:
    """A PNG of one pixel, written by hand as Pillow writes no such colours."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, kind, 0, 0, 0))
    pixel = b"\0" + struct.pack(f">{len(values)}H", *values)
    body = chunk(b"IDAT", zlib.compress(pixel)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + body


def test_colours_of_sixteen_bits_keep_their_range() -> None:
    ppm = b"P6 1 1 65535\n" + np.array([65535, 25700, 0], ">u2").tobytes()
    colours = png_of_sixteen_bits(2, 65535, 25700, 0)
    with_alpha = png_of_sixteen_bits(6, 65535, 25700, 0, 300)
    for data in (ppm, colours, with_alpha):
        assert decode(data).getpixel((0, 0)) == (255, 100, 0)
    assert decode(png_of_sixteen_bits(4, 25700, 300)).getpixel((0, 0)) == (100, 100, 100)


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        (np.array([[0, 200]], np.uint16), "PNG", "end at 200 where white is 65535.*to 8 bits"),
        (np.array([[0, 4095]], np.uint16), "TIFF", "end at 4095 where white is 65535.*to 8 bits"),
        (np.array([[0, 1000]], np.int32), "TIFF", "from 0 to 255.*got 0 to 1000; convert it"),
        (np.array([[-1, 100]], np.int32), "TIFF", "got -1 to 100"),
        (np.array([[0, 1000]], np.float32), "TIFF", "from 0 to 1 or 0 to 255.*got 0 to 1000"),
        (np.array([[-1, 1]], np.float32), "PPM", "got -1 to 1"),
        (np.array([[np.nan, 1]], np.float32), "TIFF", "got nan"),
    ],
)
def test_greys_of_unknown_range_are_refused_not_clipped(
    values: np.ndarray, kind: str, message: str
) -> None:
    with pytest.raises(Undecodable, match=message):
        decode(file_of(Image.fromarray(values), kind))


def test_premultiplied_grey_becomes_rgb() -> None:
    image = Image.new("La", (2, 2), (100, 255))
    assert eight_bits(image, image).convert("RGB").getpixel((0, 0)) == (100, 100, 100)


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


def test_a_damaged_image_of_a_rare_format_is_undecodable() -> None:
    """Libraries behind formats raise what they like; where AVIF can't be read, it is unknown."""
    rare = {"AVIF": Image.new("RGB", (24, 20)), "BLP": Image.new("P", (16, 16))}
    for kind, image in rare.items():
        if kind not in Image.SAVE and not (Image.init() and kind in Image.SAVE):
            continue
        whole = file_of(image, kind)
        for place in range(4, min(len(whole), 400), 3):
            broken = whole[:place] + b"\xff\xff" + whole[place + 2 :]
            with suppress(Undecodable):
                decode(broken)
