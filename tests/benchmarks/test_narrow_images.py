"""Very narrow images: the same values as by enlarging them whole, without the gigabytes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transforms

from benchmarks.narrow_images import enlarged_centre, is_narrow
from benchmarks.preprocessing import Interpolation, Preprocessing


def noise(width: int, height: int, sharp: bool) -> Image.Image:
    """Random colours; if sharp, 0 and 255 alone, so that interpolation overshoots both."""
    pixels = np.random.default_rng(width * 1000 + height).integers(0, 256, (height, width, 3))
    pixels = np.where(pixels < 128, 0, 255) if sharp else pixels
    return Image.fromarray(pixels.astype(np.uint8))


@given(
    short=st.integers(1, 40),
    more=st.integers(1, 400),
    enlarged=st.integers(1, 60),
    tall=st.booleans(),
    sharp=st.booleans(),
    interpolation=st.sampled_from(["bicubic", "bilinear", "nearest"]),
)
@example(short=1, more=400, enlarged=60, tall=True, sharp=True, interpolation="bicubic")
@example(short=1, more=400, enlarged=60, tall=False, sharp=True, interpolation="bicubic")
@example(short=2, more=397, enlarged=21, tall=True, sharp=False, interpolation="bilinear")
def test_every_value_is_that_of_the_plain_way(
    short: int, more: int, enlarged: int, tall: bool, sharp: bool, interpolation: Interpolation
) -> None:
    size, long = short + enlarged, short + more
    image = noise(*((short, long) if tall else (long, short)), sharp)
    whole = transforms.resize(image, size, InterpolationMode(interpolation))
    plain = transforms.center_crop(whole, [size, size])
    assert enlarged_centre(image, size, interpolation).tobytes() == plain.tobytes()


def test_only_what_would_grow_far_beyond_the_crop_is_narrow() -> None:
    assert is_narrow(Image.new("RGB", (1, 5000)), 224)
    assert is_narrow(Image.new("RGB", (2000, 200)), 224)
    assert not is_narrow(Image.new("RGB", (240, 5000)), 224), "it shrinks"
    assert not is_narrow(Image.new("RGB", (100, 300)), 224)


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_no_image_is_made_that_is_far_larger_than_the_result(
    monkeypatch: pytest.MonkeyPatch, interpolation: Interpolation
) -> None:
    sizes = []
    resize = Image.Image.resize

    def noted(image: Image.Image, size: tuple[int, int], *rest: object) -> Image.Image:
        sizes.append(size)
        return resize(image, size, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Image.Image, "resize", noted)
    subject = Preprocessing(224, (0.5,) * 3, (0.5,) * 3, interpolation=interpolation)
    for shape in ((1, 5000), (5000, 1)):
        image = Image.new("RGB", shape, (255, 255, 255))
        assert torch.equal(subject.test(image), torch.ones(3, 224, 224))
    assert sizes
    assert max(width * height for width, height in sizes) <= 224 * 224
